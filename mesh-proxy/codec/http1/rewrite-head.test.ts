import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { HTTP1_EVENT } from "./http1-event.ts";
import { createHttp1Scanners, type Http1Scanner } from "./http1-scanner.ts";
import { readServicePathOfHead, rewriteHead } from "./rewrite-head.ts";

const servicePath = { spi: 0x010203, serviceIndex: 254, ttl: 63 };
const line = "weft-nsh: 0fc202fe010203fe\r\n";

const heads: readonly { readonly name: string; readonly before: string; readonly without: string }[] = [
  { name: "no header at all", before: "GET / HTTP/1.1\r\n\r\n", without: "GET / HTTP/1.1\r\n\r\n" },
  { name: "other headers", before: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", without: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
  {
    name: "the header first",
    before: "GET / HTTP/1.1\r\nWeft-Nsh:0fc202fe01020301\r\nHost: a\r\n\r\n",
    without: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  },
  {
    name: "the header last",
    before: "GET / HTTP/1.1\r\nHost: a\r\nweft-nsh: \t 0fc202fe01020301 \r\n\r\n",
    without: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  },
];

describe.each(heads)("a head with $name", ({ before, without }) => {
  test.each([before.length, 20])(
    "is stripped, or gets its header behind the start line (first chunk of %i bytes)",
    (cut) => {
      const scanner = headOf(before, cut);
      expect(rewriteHead(scanner).toString("latin1")).toBe(without);
      expect(rewriteHead(scanner, servicePath).toString("latin1")).toBe(without.replace("\r\n", `\r\n${line}`));
    },
  );
});

describe("the path header of a head", () => {
  test("is read in either case of its name, with spaces around its value", () => {
    const scanner = headOf("GET / HTTP/1.1\r\nWEFT-NSH:  0fc202fe010203fe\t\r\n\r\n", 99);
    expect(readServicePathOfHead(scanner)).toEqual({ kind: "header", header: servicePath });
  });

  test("is undefined when absent", () => {
    expect(readServicePathOfHead(headOf("GET / HTTP/1.1\r\nweft-nsh-x: 1\r\n\r\n", 99))).toBeUndefined();
  });

  test("is refused with the reason when malformed", () => {
    expect(readServicePathOfHead(headOf("GET / HTTP/1.1\r\nweft-nsh: 12\r\n\r\n", 99))).toEqual({
      kind: "rejected",
      reason: "weft-nsh is not 16 hexadecimal digits",
    });
  });

  test("the rewritten bytes are the caller's own", () => {
    const scanner = headOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 10);
    const rewritten = rewriteHead(scanner);
    scanner.bytes.fill(0);
    expect(rewritten.toString("latin1")).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  });
});

function headOf(text: string, cut: number): Http1Scanner {
  const { request } = createHttp1Scanners();
  const bytes = Buffer.from(`..${text}`, "latin1");
  const first = Math.min(2 + cut, bytes.length);
  const event = request.next(bytes, 2, first);
  expect(event === HTTP1_EVENT.head ? event : request.next(bytes, first, bytes.length)).toBe(HTTP1_EVENT.head);
  return request;
}
