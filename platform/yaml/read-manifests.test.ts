import { expect, test } from "vitest";
import type { Parsed } from "../../core/model/parsed.ts";
import { documentsMax, fileBytesMax, readManifests, rejectionText } from "./read-manifests.ts";
import { writeYaml } from "./write-yaml.ts";

const anything = (value: unknown): Parsed<unknown> => ({ kind: "parsed", value });
const nothing = (): Parsed<unknown> => ({ kind: "rejected", field: "spec.port", reason: "unknown field" });

test("every document of every file is handed over in order, empty ones skipped", () => {
  const files = [
    { path: "a.yaml", text: "# only a comment\n---\nkind: A\n---\n---\nkind: B\n" },
    { path: "b.yaml", text: "kind: C" },
  ];
  expect(readManifests(files, anything)).toEqual({
    kind: "parsed",
    objects: [{ kind: "A" }, { kind: "B" }, { kind: "C" }],
  });
});

test("a rejected object is named by file, document, field and reason", () => {
  const read = readManifests([{ path: "a.yaml", text: "---\nkind: A" }], nothing);
  expect(read).toEqual({ kind: "rejected", file: "a.yaml", document: 1, field: "spec.port", reason: "unknown field" });
  expect(read.kind === "rejected" && rejectionText(read)).toBe("a.yaml, document 1: spec.port: unknown field");
});

const wrong = [
  { name: "a mapping that does not close", text: "kind: A\n---\na: {", document: 2, reason: /flow map/i },
  { name: "a key written twice", text: "a: 1\na: 2", document: 1, reason: /unique/ },
  { name: "an alias, which could grow without end", text: "a: &x [1]\nb: [*x, *x]", document: 1, reason: /aliases/ },
  { name: "a file beyond the limit", text: "a".repeat(fileBytesMax + 1), document: 1, reason: /more than/ },
  { name: "too many documents", text: "a: 1\n---\n".repeat(documentsMax + 1), document: 1, reason: /more than 1000/ },
];

test.each(wrong)("$name is rejected", ({ text, document, reason }) => {
  const read = readManifests([{ path: "a.yaml", text }], anything);
  expect(read).toMatchObject({ kind: "rejected", file: "a.yaml", document });
  expect(read.kind === "rejected" && read.reason).toMatch(reason);
});

test("written YAML reads back as it was", () => {
  const value = { a: ["x", 1, null], b: { "c/d": "0", e: "line one\nline two", f: "yes" } };
  expect(readManifests([{ path: "a.yaml", text: writeYaml(value) }], anything)).toEqual({
    kind: "parsed",
    objects: [value],
  });
});
