import fc from "fast-check";
import { expect, test } from "vitest";
import { chanceOf, formatTraceparent, parseTraceparent, parseTracestate } from "./trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";

test.each([
  { name: "sampled", text: `00-${traceId}-${parentId}-01`, flags: 1 },
  { name: "not sampled", text: `00-${traceId}-${parentId}-00`, flags: 0 },
  { name: "a random trace id (level 2)", text: `00-${traceId}-${parentId}-03`, flags: 3 },
  { name: "flags that nobody knows are dropped", text: `00-${traceId}-${parentId}-fd`, flags: 1 },
  { name: "a later version", text: `cc-${traceId}-${parentId}-01`, flags: 1 },
  { name: "a later version that says more", text: `cc-${traceId}-${parentId}-01-what-the-future-is`, flags: 1 },
])("traceparent: $name", ({ text, flags }) => {
  expect(parseTraceparent(text)).toEqual({ traceId, parentId, flags });
});

test.each([
  { name: "empty", text: "" },
  { name: "version ff", text: `ff-${traceId}-${parentId}-01` },
  { name: "version 00 that says more", text: `00-${traceId}-${parentId}-01-x` },
  { name: "a later version that says more without a dash", text: `cc-${traceId}-${parentId}-01.x` },
  { name: "a trace id of zeros", text: `00-${"0".repeat(32)}-${parentId}-01` },
  { name: "a parent id of zeros", text: `00-${traceId}-${"0".repeat(16)}-01` },
  { name: "upper case", text: `00-${traceId.toUpperCase()}-${parentId}-01` },
  { name: "a short trace id", text: `00-${traceId.slice(1)}-${parentId}-01x` },
  { name: "one flag digit", text: `00-${traceId}-${parentId}-1` },
  { name: "other dashes", text: `00_${traceId}-${parentId}-01` },
  { name: "one that is too long", text: `cc-${traceId}-${parentId}-01-${"x".repeat(300)}` },
])("no traceparent: $name", ({ text }) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test("what is formatted reads back", () => {
  const hex = (length: number) =>
    fc
      .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
      .map((digits) => digits.join(""))
      .filter((text) => /[^0]/.test(text));
  fc.assert(
    fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 3 }), (trace, parent, flags) => {
      const context = { traceId: trace, parentId: parent, flags };
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }),
  );
});

test("any text is read or refused", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const parsed = parseTraceparent(text);
      if (parsed !== undefined) expect(text.startsWith(parsed.traceId, 3)).toBe(true);
      parseTracestate([text]);
    }),
  );
});

test.each([
  { name: "one member", values: ["rojo=00f067aa0ba902b7"], text: "rojo=00f067aa0ba902b7" },
  { name: "white space around members", values: ["a=1 \t, b=2"], text: "a=1,b=2" },
  { name: "several lines", values: ["a=1", "b=2"], text: "a=1,b=2" },
  { name: "empty members", values: ["a=1,,b=2,"], text: "a=1,b=2" },
  { name: "a tenant", values: ["fw529a3039@dt=FfD-a"], text: "fw529a3039@dt=FfD-a" },
  { name: "a key that begins with a digit (level 2)", values: ["1a-_*/=x"], text: "1a-_*/=x" },
  { name: "nothing", values: [], text: "" },
])("tracestate: $name", ({ values, text }) => {
  expect(parseTracestate(values)).toBe(text);
});

test.each([
  { name: "no equals sign", values: ["a"] },
  { name: "two equals signs", values: ["a=b=c"] },
  { name: "an empty value", values: ["a="] },
  { name: "an empty key", values: ["=a"] },
  { name: "upper case in a key", values: ["A=1"] },
  { name: "a key twice", values: ["a=1", "a=2"] },
  { name: "33 members", values: [Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(",")] },
  { name: "a long key", values: [`${"k".repeat(257)}=1`] },
  { name: "a long value", values: [`k=${"v".repeat(257)}`] },
  { name: "a control character", values: ["a=\u0001"] },
])("no tracestate: $name", ({ values }) => {
  expect(parseTracestate(values)).toBeUndefined();
});

test("a trace's chance comes from the end of its id, and is even", () => {
  expect(chanceOf("ffffffffffffffffff00000000000000")).toBe(0);
  expect(chanceOf("00000000000000000000000000000000")).toBe(0);
  expect(chanceOf("0000000000000000000fffffffffffff")).toBeCloseTo(1);
  expect(chanceOf("00000000000000000008000000000000")).toBe(0.5);
});
