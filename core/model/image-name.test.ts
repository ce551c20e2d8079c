import { expect, test } from "vitest";
import { imageRepository } from "./image-name.ts";

const cases = [
  { image: "nginx", repository: "nginx" },
  { image: "nginx:1.27", repository: "nginx" },
  { image: "registry:5000/team/amf", repository: "registry:5000/team/amf" },
  { image: "registry:5000/team/amf:1.2", repository: "registry:5000/team/amf" },
  { image: "registry:5000/amf@sha256:0123", repository: "registry:5000/amf" },
  { image: "registry:5000/amf:1.2@sha256:0123", repository: "registry:5000/amf" },
  { image: "", repository: "" },
];

test.each(cases)('"$image" is a version of "$repository"', ({ image, repository }) => {
  expect(imageRepository(image)).toBe(repository);
});
