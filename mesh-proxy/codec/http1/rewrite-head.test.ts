import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { HTTP1_EVENT } from "./http1-event.ts";
import { createHttp1Scanners, type Http1Scanner } from "./http1-scanner.ts";
import { readServicePathOfHead, rewriteHead, tracestatesOf } from "./rewrite-head.ts";

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

describe.each([99, 30])("a traced head (first chunk of %i bytes)", (cut) => {
  const traced = "GET / HTTP/1.1\r\nTraceparent: old\r\nHost: a\r\nTraceState: a=1\r\ntracestate: b=2\r\n\r\n";

  test("gets its new parent, and keeps its state", () => {
    const trace = { traceparent: "new", dropsTracestate: false };
    const after = "GET / HTTP/1.1\r\ntraceparent: new\r\nHost: a\r\nTraceState: a=1\r\ntracestate: b=2\r\n\r\n";
    expect(rewriteHead(headOf(traced, cut), undefined, trace).toString("latin1")).toBe(after);
    expect(tracestatesOf(headOf(traced, cut))).toEqual([" a=1", " b=2"]);
  });

  test("loses the state of another trace when its own begins here, and gets the path header besides", () => {
    const trace = { traceparent: "new", dropsTracestate: true };
    const after = `GET / HTTP/1.1\r\n${line}traceparent: new\r\nHost: a\r\n\r\n`;
    expect(rewriteHead(headOf(traced, cut), servicePath, trace).toString("latin1")).toBe(after);
  });

  test("is known by where its context stands; twice is none", () => {
    const of = (text: string) => {
      const scanner = headOf(text, cut);
      const { traceparentStart, traceparentEnd } = scanner.head.fields;
      const { bytes, from } = scanner;
      return traceparentStart < 0
        ? undefined
        : bytes.toString("latin1", from + traceparentStart, from + traceparentEnd);
    };
    expect(of(traced)).toBe("old");
    expect(of("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).toBeUndefined();
    expect(of("GET / HTTP/1.1\r\ntraceparent: a\r\ntraceparent: b\r\n\r\n")).toBe("");
  });
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
