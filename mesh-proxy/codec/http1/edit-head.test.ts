import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerChangeOf, type PathChange } from "../../../core/model/request-rule.ts";
import { compileTargetChange } from "../target-change.ts";
import { editRequestHead, editResponseHead } from "./edit-head.ts";
import { compileHeadChanges, type HeadChanges } from "./head-changes.ts";
import { HTTP1_EVENT } from "./http1-event.ts";
import { createHttp1Scanners, type Http1Scanner } from "./http1-scanner.ts";

const headers = headerChangeOf({
  set: [{ name: "X-Set", value: "new" }],
  add: [{ name: "x-add", value: "more" }],
  remove: ["x-gone"],
});

function changesOf(parts: { host?: string; path?: PathChange; headers?: typeof headers }): HeadChanges {
  const target = parts.path && compileTargetChange(parts.path);
  const changes = compileHeadChanges(parts.headers, { host: parts.host, target });
  if (changes === undefined) throw new Error("nothing to change");
  return changes;
}

function headOf(text: string, cuts: readonly number[] = []): Http1Scanner {
  const { request } = createHttp1Scanners();
  const bytes = Buffer.from(text, "latin1");
  const ends = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    const event = request.next(Buffer.from(bytes), at, end);
    if (event === HTTP1_EVENT.head) return request;
    expect(event).toBe(HTTP1_EVENT.needMore);
    at = end;
  }
  throw new Error("no head");
}

function edited(text: string, changes: HeadChanges): string {
  return editRequestHead(headOf(text), changes).toString("latin1");
}

test("lines of a name go wherever they stand and however they are written; others stay to the byte", () => {
  const head = "GET / HTTP/1.1\r\nX-SET: 1\r\nhost:a\r\nx-gone:\r\nX-Other: \t 1 \r\nx-set:2\r\nx-add: 1\r\n\r\n";
  expect(edited(head, changesOf({ headers }))).toBe(
    "GET / HTTP/1.1\r\nhost:a\r\nX-Other: \t 1 \r\nx-add: 1\r\nX-Set: new\r\nx-add: more\r\n\r\n",
  );
});

test("a path's header comes in, and one that a client made up goes", () => {
  const changes = changesOf({ headers });
  const servicePath = { spi: 0x010203, serviceIndex: 254, ttl: 63 };
  const head = headOf("GET / HTTP/1.1\r\nHost: a\r\nweft-nsh: 0fc202fe01020301\r\n\r\n");
  expect(editRequestHead(head, changes, { servicePath }).toString("latin1")).toBe(
    "GET / HTTP/1.1\r\nweft-nsh: 0fc202fe010203fe\r\nHost: a\r\nX-Set: new\r\nx-add: more\r\n\r\n",
  );
});

test("what is traced says so in place of what the client said", () => {
  const head = headOf("GET / HTTP/1.1\r\ntraceparent: old\r\nTraceState: a=1\r\nx-gone: 1\r\n\r\n");
  const trace = { traceparent: "new", dropsTracestate: true };
  expect(editRequestHead(head, changesOf({ headers }), { trace }).toString("latin1")).toBe(
    "GET / HTTP/1.1\r\ntraceparent: new\r\nX-Set: new\r\nx-add: more\r\n\r\n",
  );
});

describe("another host", () => {
  const changes = changesOf({ host: "udr.core" });
  const cases = [
    ["in Host", "GET / HTTP/1.1\r\nhost:  udm:80 \r\n\r\n", "GET / HTTP/1.1\r\nhost:  udr.core\r\n\r\n"],
    ["where none was", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nhost: udr.core\r\n\r\n"],
    [
      "in an absolute target, too",
      "GET http://udm:80/a HTTP/1.1\r\nHost: udm\r\n\r\n",
      "GET http://udr.core/a HTTP/1.1\r\nHost: udr.core\r\n\r\n",
    ],
  ] as const;
  test.each(cases)("%s", (_, before, after) => expect(edited(before, changes)).toBe(after));
});

describe("another path", () => {
  const full: PathChange = { type: "Full", value: "/x y".replace(" ", "{") };
  const prefix = (from: string, value: string): PathChange => ({ type: "Prefix", prefix: from, value });
  const cases: readonly (readonly [string, PathChange, string])[] = [
    ["/foo/bar", prefix("/foo", "/xyz"), "/xyz/bar"],
    ["/foo/bar", prefix("/foo", "/xyz/"), "/xyz/bar"],
    ["/foo/bar", prefix("/foo/", "/xyz"), "/xyz/bar"],
    ["/foo/bar", prefix("/foo/", "/xyz/"), "/xyz/bar"],
    ["/foo", prefix("/foo", "/xyz"), "/xyz"],
    ["/foo/", prefix("/foo", "/xyz"), "/xyz/"],
    ["/foo/bar", prefix("/foo", ""), "/bar"],
    ["/foo/", prefix("/foo", ""), "/"],
    ["/foo", prefix("/foo", ""), "/"],
    ["/foo", prefix("/foo", "/"), "/"],
    ["/foo?a=/foo", prefix("/foo", "/x"), "/x?a=/foo"],
    ["/%66oo/%2Fbar", prefix("/foo", "/x"), "/x/%2Fbar"],
    ["/a%2fb/c", prefix("/a%2fb", "/x"), "/x/c"],
    ["/a", prefix("/", "/x"), "/x/a"],
    ["http://h/foo/bar?q", prefix("/foo", "/x"), "http://h/x/bar?q"],
    ["http://h?q", prefix("/", "/x"), "http://h/x?q"],
    ["/foo/bar?q=1", full, "/x%7By?q=1"],
    ["*", full, "*"],
  ];
  test.each(cases)("%s, %j: %s", (before, path, after) => {
    const method = before === "*" ? "OPTIONS" : "GET";
    expect(edited(`${method} ${before} HTTP/1.1\r\nHost: a\r\n\r\n`, changesOf({ path }))).toBe(
      `${method} ${after} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
  });
});

test("a response's lines change, and its status line stays", () => {
  const { request, response } = createHttp1Scanners();
  const asked = Buffer.from("GET / HTTP/1.1\r\n\r\n");
  request.next(asked, 0, asked.length);
  const answer = Buffer.from("HTTP/1.1 200 OK\r\nX-Gone: 1\r\ncontent-length: 0\r\n\r\n");
  expect(response.next(answer, 0, answer.length)).toBe(HTTP1_EVENT.head);
  expect(editResponseHead(response, changesOf({ headers }), Buffer.from("connection: close\r\n")).toString()).toBe(
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nX-Set: new\r\nx-add: more\r\nconnection: close\r\n\r\n",
  );
});

test("however a head is cut, its changes are the same, and scanners find the result sound and framed as before", () => {
  const name = fc.constantFrom("x-set", "X-GONE", "host", "x-other", "content-length", "accept");
  const lines = fc.uniqueArray(fc.tuple(name, fc.integer({ min: 0, max: 999 })), {
    selector: ([one]) => one,
    maxLength: 6,
  });
  const target = fc.constantFrom("/", "/foo", "/%66oo/b?c=%2F", "http://h:1/foo", "*", "/foo//");
  const change = fc.constantFrom<PathChange>(
    { type: "Full", value: "/f" },
    { type: "Prefix", prefix: "/foo", value: "" },
  );
  const cuts = fc.array(fc.nat(200), { maxLength: 5 });
  fc.assert(
    fc.property(target, lines, change, cuts, (at, all, path, pieces) => {
      const text = `POST ${at} HTTP/1.1\r\n${all.map(([one, value]) => `${one}: ${value}\r\n`).join("")}\r\n`;
      const changes = changesOf({ headers, path, host: "udr.core" });
      const whole = headOf(text);
      const once = editRequestHead(whole, changes);
      expect(editRequestHead(headOf(text, pieces), changes).equals(once)).toBe(true);
      const again = headOf(once.toString("latin1"));
      expect(again.headByteCount).toBe(once.length);
      expect(again.head.fields.contentLength).toBe(whole.head.fields.contentLength);
      expect(again.head.fields.isChunked).toBe(whole.head.fields.isChunked);
      expect(again.isKeepAlive).toBe(whole.isKeepAlive);
    }),
    { numRuns: 500 },
  );
});
