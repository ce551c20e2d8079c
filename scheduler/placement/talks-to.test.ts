import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTalksTo, talksToDefaultBytesPerSecond } from "./talks-to.ts";

test("names, namespaces and rates are read, each with its default", () => {
  expect(parseTalksTo(" udm=200k, udr.data=1M,nrf ,", "core")).toEqual({
    entries: [
      { namespace: "core", name: "udm", bytesPerSecond: 200_000 },
      { namespace: "data", name: "udr", bytesPerSecond: 1_000_000 },
      { namespace: "core", name: "nrf", bytesPerSecond: talksToDefaultBytesPerSecond },
    ],
    errors: [],
  });
});

const bad = [
  { name: "a rate that is no quantity", text: "udm=fast", error: /"udm=fast": .*not a quantity/ },
  { name: "a rate of nothing", text: "udm=0", error: /"udm=0": .*more than 0/ },
  { name: "a negative rate", text: "udm=-1", error: /more than 0/ },
  { name: "more than the world sends", text: "udm=1E", error: /at most/ },
  { name: "two rates", text: "udm=1=2", error: /more than one "="/ },
  { name: "no name", text: "=200k", error: /does not begin with a name/ },
  { name: "a name that Kubernetes would not take", text: "UDM=200k", error: /does not begin with a name/ },
];

test.each(bad)("$name is named, and the other entries count", ({ text, error }) => {
  const { entries, errors } = parseTalksTo(`${text},nrf=1`, "core");
  expect(errors).toEqual([expect.stringMatching(error)]);
  expect(entries.map(({ name }) => name)).toEqual(["nrf"]);
});

test("the number of entries, of errors and the length are limited", () => {
  const many = (entry: string) => Array.from({ length: 100 }, () => entry).join();
  expect(parseTalksTo(many("udm"), "core").entries).toHaveLength(64);
  expect(parseTalksTo(many("udm"), "core").errors).toEqual(["only the first 64 of 100 entries count"]);
  expect(parseTalksTo(many("?"), "core").errors).toHaveLength(8);
  expect(parseTalksTo("a".repeat(10_000), "core")).toEqual({ entries: [], errors: [expect.stringMatching(/longer/)] });
});

test("whatever is written, rates are finite and more than 0", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const { bytesPerSecond } of parseTalksTo(text, "core").entries)
        expect(bytesPerSecond > 0 && Number.isFinite(bytesPerSecond)).toBe(true);
    }),
  );
});
