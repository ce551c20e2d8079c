import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { accidentOf } from "./accident.ts";
import { readWorld, type World } from "./world.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-accident-"));
afterAll(() => rmSync(folder, { recursive: true }));

function sitesWith(accident: string): World {
  const copy = mkdtempSync(path.join(folder, "sites-"));
  cpSync("examples/edge-sites", copy, { recursive: true });
  const file = path.join(copy, "load.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace('"a framesPerSecond=90"', `"${accident}"`));
  return readWorld(copy);
}

test("an accident is in a zone, at one of its nodes, and says what its load is started with", () => {
  expect(accidentOf(readWorld("examples/edge-sites"))).toEqual({
    zone: "a",
    settings: ["framesPerSecond=90"],
    node: "edge-a",
  });
});

test("without the annotation nothing happens", () => {
  expect(accidentOf(readWorld("examples/5g-core"))).toBeUndefined();
});

test("an accident in an unknown zone, or without settings, is refused by name", () => {
  expect(() => accidentOf(sitesWith("z framesPerSecond=90"))).toThrow(/camera.*accident: no Node is in the zone "z"/);
  expect(() => accidentOf(sitesWith("a"))).toThrow(/camera.*accident: after the zone it says no setting/);
});
