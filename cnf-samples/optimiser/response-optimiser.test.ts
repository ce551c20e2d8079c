import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { objectText } from "../dn/rules.ts";
import { minifyJson } from "./minify-json.ts";
import { ResponseOptimiser } from "./response-optimiser.ts";

const json = '{ "a" : [ 1, 2.50 ],\n "b c": "d  \\" e" }';
const small = '{"a":[1,2.50],"b c":"d  \\" e"}';

function response(headers: string, body: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\n${headers}\r\n${body}`;
}

const plain = (body: string, headers = "Content-Type: application/json\r\n") =>
  response(`${headers}Content-Length: ${body.length}\r\n`, body);
const chunked = (body: string, end = "0\r\n\r\n") =>
  response(
    "Content-Type: application/problem+json\r\nTransfer-Encoding: chunked\r\n",
    `3\r\n${body.slice(0, 3)}\r\n${(body.length - 3).toString(16)};x\r\n${body.slice(3)}\r\n${end}`,
  );

const changed = [
  { name: "a JSON body", input: plain(json), output: plain(small) },
  {
    name: "one in chunks becomes one chunk",
    input: chunked(json),
    output: response(
      "Content-Type: application/problem+json\r\nTransfer-Encoding: chunked\r\n",
      `${small.length.toString(16)}\r\n${small}\r\n0\r\n\r\n`,
    ),
  },
  {
    name: "each of several on a connection",
    input: plain(json) + plain(json) + chunked("[  ]"),
    output:
      plain(small) +
      plain(small) +
      response("Content-Type: application/problem+json\r\nTransfer-Encoding: chunked\r\n", "2\r\n[]\r\n0\r\n\r\n"),
  },
  {
    name: "one after others that stay",
    input: plain("<p> x </p>", "Content-Type: text/html\r\n") + plain(json),
    output: plain("<p> x </p>", "Content-Type: text/html\r\n") + plain(small),
  },
  {
    name: "one after an empty one",
    input: response("", "", "204 No Content") + plain(json),
    output: response("", "", "204 No Content") + plain(small),
  },
  {
    name: "one after one that is not modified",
    input: response('Content-Length: 50\r\nETag: "x"\r\n', "", "304 Not Modified") + plain(json),
    output: response('Content-Length: 50\r\nETag: "x"\r\n', "", "304 Not Modified") + plain(small),
  },
  {
    name: "one after one over the limit in chunks",
    input: chunked(`[${" ".repeat(600)}]`) + plain(json),
    output: chunked(`[${" ".repeat(600)}]`) + plain(small),
  },
  {
    name: "one with a weak validator",
    input: plain(json, 'Content-Type: application/json; charset=utf-8\r\nETag: W/"1"\r\n'),
    output: plain(small, 'Content-Type: application/json; charset=utf-8\r\nETag: W/"1"\r\n'),
  },
];

const unchanged = [
  { name: "a body that is not JSON", input: plain("{ oops") },
  { name: "a body that is small already", input: plain(small) },
  { name: "an empty body", input: plain("") + plain(small) },
  { name: "a compressed body", input: plain(json, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n") },
  {
    name: "a body that must not be transformed",
    input: plain(json, "Content-Type: application/json\r\nCache-Control: public, no-transform\r\n"),
  },
  { name: "a body with a strong validator", input: plain(json, 'Content-Type: application/json\r\nETag: "1"\r\n') },
  {
    name: "a body with a digest",
    input: plain(json, "Content-Type: application/json\r\nContent-Digest: sha-256=:x:\r\n"),
  },
  {
    name: "a part of a body",
    input: response(
      `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n`,
      json,
      "206 Partial Content",
    ),
  },
  { name: "a body over the limit", input: plain(`[${" ".repeat(600)}]`) + plain(small) },
  { name: "a body in chunks with trailers", input: chunked(json, "0\r\nA: b\r\n\r\n") + plain(small) },
  { name: "a body until the end", input: response("Content-Type: application/json\r\n", json) },
  {
    name: "a request",
    input: `POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  },
  {
    name: "HTTP/1.0",
    input: `HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  },
  {
    name: "an answer to HEAD before another answer",
    input: response("Content-Type: application/json\r\nContent-Length: 200\r\n", "") + plain(json) + " ".repeat(200),
  },
  {
    name: "an answer to HEAD for a page before another answer",
    input: response("Content-Type: text/html\r\nContent-Length: 20\r\n", "") + plain(json),
  },
  { name: "a changed protocol", input: response("Upgrade: x\r\n", plain(json), "101 Switching Protocols") },
  {
    name: "chunks that are none",
    input: response("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "zz\r\n") + plain(json),
  },
  { name: "a head that never ends", input: `HTTP/1.1 200 OK\r\nA: ${"b".repeat(20_000)}` },
  { name: "half a body", input: plain(json).slice(0, -5) },
  { name: "no bytes", input: "" },
];

describe("made smaller", () => {
  test.each(changed)("$name", ({ input, output }) => {
    expect(optimised(input, [])).toBe(output);
  });
});

describe("left as it is", () => {
  test.each(unchanged)("$name", ({ input }) => {
    expect(optimised(input, [])).toBe(input);
  });
});

test("however a stream is cut, the same comes out", () => {
  const anyStream = fc.array(fc.constantFrom(...changed, ...unchanged), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyStream, fc.array(fc.nat(1500), { maxLength: 12 }), (parts, cuts) => {
      const input = parts.map((part) => part.input).join("");
      expect(optimised(input, cuts)).toBe(optimised(input, []));
    }),
    { numRuns: 400 },
  );
});

test("any bytes that are no responses pass unchanged, however they are cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), fc.array(fc.nat(50), { maxLength: 5 }), (input, cuts) => {
      expect(optimised(input, cuts)).toBe(input);
    }),
  );
});

test("what is held passes unchanged when nothing follows, and everything after it too", () => {
  const optimiser = new ResponseOptimiser({ bodyBytesMax: 500, onEvent: () => undefined });
  const input = Buffer.from(plain(json));
  const whole = [optimiser.write(input.subarray(0, 80)), optimiser.release(), optimiser.write(input.subarray(80))];
  expect(Buffer.concat(whole.flatMap((verdict) => (verdict.kind === "pass" ? verdict.bytes : []))).toString()).toBe(
    plain(json),
  );
});

test("a minified body means the same, and nothing but whitespace is gone", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(minifyJson(Buffer.from(text))?.toString()).toBe(JSON.stringify(value));
    }),
  );
  expect(minifyJson(Buffer.from(objectText(4096)))?.toString()).toBe(JSON.stringify(JSON.parse(objectText(4096))));
});

function optimised(input: string, cuts: readonly number[]): string {
  const optimiser = new ResponseOptimiser({ bodyBytesMax: 500, onEvent: () => undefined });
  const bytes = Buffer.from(input, "latin1");
  const out: Buffer[] = [];
  let from = 0;
  for (const to of [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)) {
    const verdict = optimiser.write(bytes.subarray(from, to));
    if (verdict.kind === "pass") out.push(...verdict.bytes);
    from = to;
  }
  const last = optimiser.end();
  if (last.kind === "pass") out.push(...last.bytes);
  return Buffer.concat(out).toString("latin1");
}
