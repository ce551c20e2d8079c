import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { readConfig } from "./read-config.ts";

const schema = z.strictObject({
  port: z.int().min(1).default(80),
  limits: z.strictObject({ bodyBytesMax: z.int() }).optional(),
});
const folder = mkdtempSync(path.join(tmpdir(), "weft-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("--set wins over the file, the file over the defaults", () => {
  const config = path.join(folder, "a.yaml");
  writeFileSync(config, "port: 81\nlimits: {bodyBytesMax: 5}\n");
  expect(readConfig(schema, {})).toEqual({ port: 80 });
  expect(readConfig(schema, { config })).toEqual({ port: 81, limits: { bodyBytesMax: 5 } });
  expect(readConfig(schema, { config, set: ["port=82", "limits.bodyBytesMax=6"] })).toEqual({
    port: 82,
    limits: { bodyBytesMax: 6 },
  });
});

const wrong = [
  { name: "an unknown key", options: { set: ["prot=1"] }, message: /prot/ },
  { name: "a value of another type", options: { set: ["port=many"] }, message: /port: / },
  { name: "a value out of range", options: { set: ["port=0"] }, message: /port: .*1/ },
  { name: "an assignment without a value", options: { set: ["port"] }, message: /expected key=value/ },
  { name: "a nested key below a scalar", options: { set: ["port=1", "port.x=1"] }, message: /port is not a mapping/ },
  { name: "a file that is not there", options: { config: path.join(folder, "none.yaml") }, message: /ENOENT/ },
];

test.each(wrong)("$name is refused with the field and the reason", ({ options, message }) => {
  expect(() => readConfig(schema, options)).toThrow(message);
});
