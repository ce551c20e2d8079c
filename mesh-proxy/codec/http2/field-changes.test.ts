import { expect, test } from "vitest";
import { headerChangeOf } from "../../../core/model/request-rule.ts";
import { compileTargetChange } from "../target-change.ts";
import { changeFields, compileFieldChanges } from "./field-changes.ts";
import { HeaderFields } from "./header-fields.ts";

const headers = headerChangeOf({ set: [{ name: "X-Set", value: "new" }], remove: ["X-Gone"] });
const target = compileTargetChange({ type: "Prefix", prefix: "/a", value: "/b" });

function changed(texts: readonly string[], options: Parameters<typeof compileFieldChanges>[1] = {}): readonly string[] {
  const changes = compileFieldChanges(headers, options);
  if (changes === undefined) throw new Error("nothing to change");
  return changeFields(HeaderFields.of(...texts), changes).texts;
}

test("fields of a name go, others stay in their order, and what is added has its name in lower case", () => {
  expect(changed([":method", "GET", "x-set", "1", "a", "b", "x-gone", "", "x-set", "2"])).toEqual([
    ...[":method", "GET", "a", "b"],
    ...["x-set", "new"],
  ]);
});

test("a request goes to another authority and path, in front of its other fields", () => {
  expect(changed([":path", "/a/c?d=/a", ":authority", "old:80", "host", "old"], { host: "new", target })).toEqual([
    ...[":path", "/b/c?d=/a", ":authority", "new", "host", "new"],
    ...["x-set", "new"],
  ]);
});

test("a request without an authority gets a host", () => {
  expect(changed([":path", "/"], { host: "new" })).toEqual([":path", "/", "x-set", "new", "host", "new"]);
});

test("CONNECT has no path to change, and `*` is none", () => {
  expect(changed([":method", "CONNECT", ":authority", "h:1"], { target })).toEqual([
    ...[":method", "CONNECT", ":authority", "h:1"],
    ...["x-set", "new"],
  ]);
  expect(changed([":path", "*"], { target })).toEqual([":path", "*", "x-set", "new"]);
});

test("secrets stay secret", () => {
  const fields = new HeaderFields();
  fields.field("x-gone", "1");
  fields.field("authorization", "secret", true);
  const changes = compileFieldChanges(headers);
  if (changes === undefined) throw new Error("nothing to change");
  const after = changeFields(fields, changes);
  expect([after.texts[0], after.secrets]).toEqual(["authorization", new Set([0])]);
});
