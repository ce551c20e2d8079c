import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ReadResponse, ResponseReader } from "./response-reader.ts";

const whole = [
  { name: "with a length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello" },
  { name: "without a reason", wire: "HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", body: "hello" },
  {
    name: "in chunks",
    wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    body: "hello",
  },
  {
    name: "in chunks with a trailer",
    wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    body: "hello",
  },
  {
    name: "after an interim one",
    wire: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    body: "hi",
  },
  { name: "without content", wire: "HTTP/1.1 204 No Content\r\n\r\n", body: "" },
];

test.each(whole)("a response $name is read however it is cut", ({ wire, body }) => {
  fc.assert(
    fc.property(fc.array(fc.nat(wire.length), { maxLength: 6 }), (cuts) => {
      const result = readIn(wire, cuts);
      expect(result).toMatchObject({ kind: "response" });
      expect(result.kind === "response" && result.body.toString()).toBe(body);
    }),
  );
});

describe("a response is broken", () => {
  const cases = [
    { name: "that is not HTTP/1.1", wire: "HTTP/1.0 200 OK\r\n\r\n" },
    { name: "with a header that is none", wire: "HTTP/1.1 200 OK\r\nno colon\r\n\r\n" },
    { name: "with two lengths", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" },
    {
      name: "with a length and chunks",
      wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    },
    { name: "without a length", wire: "HTTP/1.1 200 OK\r\n\r\n" },
    { name: "over the limit", wire: "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" },
    { name: "with a chunk that is none", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" },
    { name: "with bytes after it", wire: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab" },
    { name: "whose head never ends", wire: `HTTP/1.1 200 OK\r\nA: ${"b".repeat(17_000)}` },
  ];
  test.each(cases)("$name", ({ wire }) => {
    expect(readIn(wire, []).kind).toBe("broken");
  });
});

function readIn(wire: string, cuts: readonly number[]): ReadResponse {
  const reader = new ResponseReader(100);
  const bytes = Buffer.from(wire, "latin1");
  let result: ReadResponse = { kind: "unfinished" };
  let from = 0;
  for (const to of [...cuts, bytes.length].sort((a, b) => a - b)) {
    if (to > from) result = reader.read(bytes.subarray(from, to));
    from = to;
  }
  return result;
}
