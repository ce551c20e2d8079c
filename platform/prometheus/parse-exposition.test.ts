import fc from "fast-check";
import { Counter, Gauge, Registry } from "prom-client";
import { expect, test } from "vitest";
import { defaultExpositionLimits, parseExposition } from "./parse-exposition.ts";

const all = () => true;

function samplesOf(text: string) {
  const parsed = parseExposition(text, all);
  if (parsed.kind === "rejected") throw new Error(`line ${parsed.line} ${parsed.reason}`);
  return parsed.samples.map(({ name, labels, value }) => [name, Object.fromEntries(labels), value]);
}

const readable = [
  { name: "a sample without labels", text: "up 1\n", samples: [["up", {}, 1]] },
  { name: "a last line without its newline", text: "up 1", samples: [["up", {}, 1]] },
  { name: "labels, and a comma behind the last", text: 'a{x="1",y="2",} 3\n', samples: [["a", { x: "1", y: "2" }, 3]] },
  { name: "blanks wherever they may be", text: ' a { x = "1" , y="2" }  3 \n', samples: [["a", { x: "1", y: "2" }, 3]] },
  { name: "an empty list of labels", text: "a{} 3\n", samples: [["a", {}, 3]] },
  { name: "escapes", text: String.raw`a{x="q\"b\\n\nz"} 1`, samples: [["a", { x: 'q"b\\n\nz' }, 1]] },
  { name: "braces and commas within a value", text: 'a{x="},{"} 1\n', samples: [["a", { x: "},{" }, 1]] },
  { name: "a timestamp", text: "a 1.5e3 1395066363000\n", samples: [["a", {}, 1500]] },
  { name: "infinities", text: "a +Inf\nb -Inf\n", samples: [["a", {}, Infinity], ["b", {}, -Infinity]] },
  { name: "comments, blank lines and carriage returns", text: "# TYPE a counter\r\n\r\n\na 1\r\n", samples: [["a", {}, 1]] },
  { name: "nothing", text: "", samples: [] },
] as const; // biome-ignore format: a line a case

test.each(readable)("the text format may have $name", ({ text, samples }) => {
  expect(samplesOf(text)).toEqual(samples);
});

test("a value may be no number by name", () => {
  expect(samplesOf("a NaN\n")).toEqual([["a", {}, Number.NaN]]);
});

const wrong = [
  { name: "a web page", text: "<!doctype html>\n", reason: "does not begin with a metric's name" },
  { name: "prose", text: "up 1\nnot metrics at all\n", line: 2, reason: '"metrics" is not a number' },
  { name: "JSON", text: '{"a":1}', reason: "does not begin with a metric's name" },
  { name: "a name alone", text: "up\n", reason: "has no value behind the metric's name" },
  { name: "a value that is no number", text: "up one\n", reason: '"one" is not a number' },
  { name: "no value behind the labels", text: 'up{a="1"}\n', reason: '"" is not a number' },
  { name: "a third number", text: "up 1 2 3\n", reason: "has something behind its value" },
  { name: "labels that do not end", text: 'up{a="1"', reason: "label a is followed by neither a comma nor a brace" },
  { name: "a value that does not end", text: 'up{a="1\\"} 1\n', reason: "label a has a value without quotes" },
  { name: "a label without a value", text: "up{a} 1\n", reason: "label a has no value" },
  { name: "a label without a name", text: 'up{="1"} 1\n', reason: "has a label without a name" },
  { name: "a label twice", text: 'up{a="1",a="2"} 1\n', reason: "label a is there twice" },
];

test.each(wrong)("$name is rejected with line and reason", ({ text, line = 1, reason }) => {
  expect(parseExposition(text, all)).toEqual({ kind: "rejected", line, reason: expect.stringContaining(reason) });
});

test("prose is rejected even where nobody wants its first word as a metric", () => {
  expect(parseExposition("hello world\n", () => false)).toMatchObject({ kind: "rejected", line: 1 });
});

const limits = { linesMax: 3, lineLengthMax: 30, labelsMax: 2 };
const excesses = [
  { name: "lines", text: "\n\n\nup 1\n", line: 4, reason: "more than 3 lines" },
  { name: "characters in a line", text: `up${" ".repeat(30)}1\n`, line: 1, reason: "longer than 30 characters" },
  { name: "labels", text: 'up{a="",b="",c=""} 1\n', line: 1, reason: "has more than 2 labels" },
];

test.each(excesses)("too many $name are rejected", ({ text, line, reason }) => {
  expect(parseExposition(text, all, limits)).toEqual({ kind: "rejected", line, reason });
});

test("only wanted metrics are kept", () => {
  const parsed = parseExposition('a{x="1"} 1\nb{y="\\"} 2"} 2\n', (name) => name === "a");
  expect(parsed.kind === "parsed" && parsed.samples.map(({ name }) => name)).toEqual(["a"]);
});

test("whatever prom-client writes is read back", async () => {
  const label = fc.string({ unit: "binary", maxLength: 20 }).filter((text) => !text.includes("\r"));
  const value = fc.double().map((number) => number + 0);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(label, value), { maxLength: 5 }), async (values) => {
      const registry = new Registry();
      const gauge = new Gauge({ name: "g", help: "h\nh", labelNames: ["l"], registers: [registry] });
      const expected = new Map(values);
      for (const [text, value] of expected) gauge.set({ l: text }, value);
      new Counter({ name: "c_total", help: "c", registers: [registry] }).inc(3);
      const found = samplesOf(await registry.metrics());
      expect(found).toContainEqual(["c_total", {}, 3]);
      const gauges = found.filter(([name]) => name === "g");
      expect(gauges).toEqual([...expected].map(([text, value]) => ["g", { l: text }, value]));
    }),
  );
});

test("no text at all makes the parser throw", () => {
  const piece = fc.constantFrom("{", "}", '"', "\\", ",", "=", "a", "1", " ", "\n", "#", "NaN", "\u0000", "é");
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (input) => {
      expect(["parsed", "rejected"]).toContain(parseExposition(input, all, defaultExpositionLimits).kind);
    }),
  );
});
