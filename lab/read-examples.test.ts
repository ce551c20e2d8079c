import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseManifest } from "../platform/schema/manifest.ts";
import { readManifests } from "../platform/yaml/read-manifests.ts";

test("the examples are valid manifests", () => {
  const files = globSync("examples/*/*.yaml").map((path) => ({ path, text: readFileSync(path, "utf8") }));
  expect(readManifests(files, parseManifest)).toMatchObject({ kind: "parsed" });
});
