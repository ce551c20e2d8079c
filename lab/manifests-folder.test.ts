import path from "node:path";
import { expect, test } from "vitest";
import { exampleFolder as example, manifestsFolder } from "./manifests-folder.ts";

const cases = [
  { name: "a folder that is there is taken as it is named", named: example, from: ".", folder: example },
  { name: "elsewhere the package's own example is found", named: example, from: "/", folder: path.resolve(example) },
  { name: "another folder keeps its name, wherever that leads", named: "lab", from: "/", folder: "lab" },
];

test.each(cases)("$name", ({ named, from, folder }) => {
  expect(manifestsFolder(named, from)).toBe(folder);
});
