import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generatedFiles } from "./generated-files.ts";

test("deploy/crds holds what the schemas generate, and nothing else", () => {
  const files = generatedFiles();
  expect(globSync("deploy/crds/*.yaml").toSorted()).toEqual(files.map(({ path }) => path).toSorted());
  expect(files.map(({ path }) => ({ path, text: readFileSync(path, "utf8") }))).toEqual(files);
});
