import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HttpMatch, SubscriberMatch, TrafficMatch } from "../../../core/model/traffic-match.ts";
import { createHttp1Scanners } from "../../codec/http1/http1-scanner.ts";
import { compileClasses } from "./traffic-classes.ts";

const connection = { address: "10.45.0.9" };

interface Case {
  readonly name: string;
  readonly http: HttpMatch;
  readonly taken: readonly string[];
  readonly left: readonly string[];
}

const get = (target: string, ...lines: string[]) => `GET ${target} HTTP/1.1\r\n${["Host: x", ...lines].join("\r\n")}\r\n\r\n`; // biome-ignore format: short
const host = (text: string, target = "/") => `GET ${target} HTTP/1.1\r\nHost: ${text}\r\n\r\n`;
const supi = (match: SubscriberMatch): HttpMatch => ({ supis: [match] });

const cases: readonly Case[] = [
  {
    name: "a method, exactly",
    http: { methods: ["PATCH", "GET"] },
    taken: [get("/")],
    left: ["GETX / HTTP/1.1\r\n\r\n", "get / HTTP/1.1\r\n\r\n"],
  },
  {
    name: "a host in any case, without port and last dot",
    http: { hosts: ["udm.core"] },
    taken: [host("udm.core"), host("UDM.Core:8080"), host("udm.core."), host("x", "http://udm.core:80/a")],
    left: [host("udm.core.x"), host("x.udm.core"), host("x", "http://y/udm.core"), "GET / HTTP/1.0\r\n\r\n", host("udm.core", "http://x/")], // biome-ignore format: a table
  },
  {
    name: "a host below a suffix",
    http: { hosts: ["*.core"] },
    taken: [host("udm.core"), host("a.udm.core:1")],
    left: [host("core"), host(".core"), host("udm.core.x"), host("[::1]:80")],
  },
  {
    name: "the host that an SCP is to reach instead of its own",
    http: { hosts: ["udm.core"] },
    taken: [get("/", "3gpp-Sbi-Target-apiRoot: https://udm.core:443/prefix"), get("/", "3GPP-SBI-TARGET-APIROOT:http://udm.core")], // biome-ignore format: a table
    left: [`${host("udm.core").slice(0, -2)}3gpp-Sbi-Target-apiRoot: https://ausf.core\r\n\r\n`],
  },
  {
    name: "a path, exactly",
    http: { paths: [{ type: "Exact", value: "/a/b" }] },
    taken: [get("/a/b"), get("/a/b?c=d"), get("http://x/a/b"), get("/%61/%62")],
    left: [get("/a/b/"), get("/a%2Fb"), get("/A/b"), get("/?p=/a/b"), "OPTIONS * HTTP/1.1\r\n\r\n"],
  },
  {
    name: "a prefix of a path, segment by segment",
    http: { paths: [{ type: "Prefix", value: "/nudm-sdm/" }] },
    taken: [get("/nudm-sdm"), get("/nudm-sdm/v2"), get("/nudm-sdm?x"), get("/nudm%2Dsdm/v2")],
    left: [get("/nudm-sdm2"), get("/nudm"), get("/x/nudm-sdm")],
  },
  {
    name: "every path",
    http: { paths: [{ type: "Prefix", value: "/" }] },
    taken: [get("/"), get("/a?b")],
    left: ["OPTIONS * HTTP/1.1\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\n\r\n"],
  },
  {
    name: "headers that are all there, each with this value in one of its lines",
    http: { headers: [{ name: "x-a", value: "1" }, { name: "x-b", value: "two words" }] }, // biome-ignore format: a table
    taken: [get("/", "X-A: 1", "x-b:  two words "), get("/", "x-a: 2", "x-b: two words", "x-a:1")],
    left: [get("/", "x-a: 1"), get("/", "x-a: 1", "x-b: two"), get("/", "x-a: 11", "x-b: two words")],
  },
  {
    name: "one subscriber, wherever the request names it",
    http: supi({ type: "Exact", value: "imsi-208930000000003" }),
    taken: [
      get("/nudm-sdm/v2/imsi-208930000000003/am-data"),
      get("/namf-comm/v1/ue-contexts/imsi-208930000000003"),
      get("/nnrf-disc/v1/nf-instances?target-nf-type=UDM&supi=imsi-208930000000003"),
      get("/nausf-auth/v1/x", "3gpp-Sbi-Discovery-supi: imsi-208930000000003"),
      get("/", "3gpp-sbi-correlation-info: msisdn-4915100000001; imsi-208930000000003"),
      get("/nudm-sdm/v2/imsi%2D208930000000003/am-data"),
    ],
    left: [
      get("/nudm-sdm/v2/imsi-2089300000000031/am-data"),
      get("/nudm-sdm/v2/x-imsi-208930000000003"),
      get("/?q=imsi-208930000000003"),
      get("/", "x-supi: imsi-208930000000003"),
      get("/", "3gpp-Sbi-Discovery-supi: imsi-20893000000000"),
    ],
  },
  {
    name: "subscribers of one network",
    http: supi({ type: "Prefix", value: "imsi-20893" }),
    taken: [get("/a/imsi-208930000000003"), get("/a/imsi-20893")],
    left: [get("/a/imsi-20894"), get("/a/imsi-2089"), get("/a/msisdn-20893")],
  },
  {
    name: "a range of subscribers, ends included",
    http: supi({ type: "Range", start: "208930000000010", end: "208930000000019" }),
    taken: [get("/a/imsi-208930000000010"), get("/a/imsi-208930000000019/b")],
    left: [get("/a/imsi-208930000000009"), get("/a/imsi-208930000000020"), get("/a/imsi-20893000000001"), get("/a/imsi-20893000000001x")], // biome-ignore format: a table
  },
  {
    name: "a public identifier",
    http: { gpsis: [{ type: "Range", start: "4915100000000", end: "4915199999999" }] },
    taken: [get("/a/msisdn-4915112345678"), get("/", "3gpp-Sbi-Discovery-gpsi: msisdn-4915112345678")],
    left: [get("/a/imsi-4915112345678"), get("/a/msisdn-4915200000000")],
  },
];

describe("a class of requests is known by", () => {
  test.each(cases)("$name", ({ http, taken, left }) => {
    const classOf = compileClasses([{ when: { http }, of: "class" }], "rest").forConnection(connection);
    for (const text of taken) expect([text, classOf(headOf(text))]).toEqual([text, "class"]);
    for (const text of left) expect([text, classOf(headOf(text))]).toEqual([text, "rest"]);
  });
});

test("the first class that holds takes a request, also of those that share a header", () => {
  const header = { name: "x-slice", value: "1" };
  const classes = [
    { when: { http: { headers: [header], methods: ["PUT"] } }, of: "first" },
    { when: { http: { headers: [header] } }, of: "second" },
    { when: { http: { paths: [{ type: "Prefix", value: "/a" }] } }, of: "third" },
  ] as const;
  const classOf = compileClasses<string>(classes, "rest").forConnection(connection);
  expect(classOf(headOf(get("/a", "x-slice: 1")))).toBe("second");
  expect(classOf(headOf("PUT /a HTTP/1.1\r\nx-slice: 1\r\n\r\n"))).toBe("first");
  expect(classOf(headOf(get("/a/b")))).toBe("third");
  expect(classOf(headOf(get("/b")))).toBe("rest");
});

test("a connection is known by its client's block and the name it asks for", () => {
  const classes = [
    { when: { sources: ["10.45.0.0/16"], serverNames: ["*.example.org"] }, of: "both" },
    { when: { sources: ["10.45.0.0/16", "fd00::/8"] }, of: "block" },
    { when: { http: { methods: ["GET"] } }, of: "requests" },
  ];
  const compiled = compileClasses<string>(classes, "rest");
  expect(compiled.needsServerName).toBe(true);
  const classOf = (address: string, serverName?: string) => compiled.forConnection({ address, serverName })();
  expect(classOf("10.45.1.1", "a.example.org")).toBe("both");
  expect(classOf("10.45.1.1", "example.org")).toBe("block");
  expect(classOf("::ffff:10.45.1.1")).toBe("block");
  expect(classOf("fd12::1")).toBe("block");
  expect(classOf("10.46.1.1", "a.example.org")).toBe("rest");
  expect(compileClasses<string>([], "rest").forConnection(connection)()).toBe("rest");
});

test("a request is compared as if its strings were compared, whatever it is made of", () => {
  const word = fc.constantFrom("a", "b", "imsi-20893", "imsi-208931", "nudm-sdm", "%61", "");
  const match = fc.record(
    {
      methods: fc.constantFrom(["GET"], ["PUT", "GET"]),
      paths: fc.array(fc.record({ type: fc.constantFrom("Exact" as const, "Prefix" as const), value: word.map((one) => `/${decode(one)}`) }), { minLength: 1, maxLength: 2 }),
      supis: fc.constantFrom<SubscriberMatch[]>([{ type: "Exact", value: "imsi-20893" }], [{ type: "Range", start: "20890", end: "20899" }]),
      headers: fc.constantFrom([{ name: "x", value: "a" }], [{ name: "x", value: "a" }, { name: "y", value: "b" }]),
    },
    { requiredKeys: [] },
  ); // biome-ignore format: a table
  const request = fc.record({
    method: fc.constantFrom("GET", "PUT"),
    segments: fc.array(word, { minLength: 1, maxLength: 4 }),
    headers: fc.array(fc.tuple(fc.constantFrom("x", "Y", "3gpp-Sbi-Discovery-supi"), word), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(match, request, (http, { method, segments, headers }) => {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const text = `${method} /${segments.join("/")} HTTP/1.1\r\n${lines}\r\n`;
      const actual = compileClasses([{ when: { http }, of: true }], false).forConnection(connection)(headOf(text));
      expect(actual).toBe(expectedOf(http, { method, segments, headers }));
    }),
    { numRuns: 1000 },
  );
});

test("no request that the scanner lets through makes it throw, or read beyond the head", () => {
  const when: TrafficMatch = { http: { hosts: ["*.a"], paths: [{ type: "Prefix", value: "/a" }], headers: [{ name: "x", value: "" }], supis: [{ type: "Prefix", value: "imsi-" }] } }; // biome-ignore format: short
  const classOf = compileClasses([{ when, of: true }], false).forConnection(connection);
  const piece = fc.oneof(fc.constantFrom("imsi-", "%", "%2", "://", "?", "&supi=", ":", "@", "]", ".", "/", ";"), fc.string({ maxLength: 6 })); // biome-ignore format: short
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(text, text, fc.constantFrom("host", "x", "3gpp-Sbi-Target-apiRoot", "3gpp-Sbi-Correlation-Info"), (target, value, name) => {
      const head = scannedHead(`GET ${target} HTTP/1.1\r\n${name}: ${value}\r\n\r\n`);
      if (head !== undefined) expect(typeof classOf(head)).toBe("boolean");
    }),
    { numRuns: 2000 },
  ); // biome-ignore format: short
});

interface Sketch {
  readonly method: string;
  readonly segments: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
}

/** The same, said with strings. */
function expectedOf(http: HttpMatch, { method, segments, headers }: Sketch): boolean {
  const path = `/${segments.map(decode).join("/")}`;
  const named = [...segments.map(decode), ...headers.flatMap(([name, value]) => (name.startsWith("3gpp") ? [value] : []))].slice(0, 8); // biome-ignore format: short
  const isPath = ({ type, value }: { type: string; value: string }) => {
    const start = value.replace(/\/$/, "");
    return type === "Exact" ? path === value : path === start || path.startsWith(`${start}/`);
  };
  const isSupi = (match: SubscriberMatch) =>
    named.some((value) =>
      match.type === "Range"
        ? /^imsi-\d{5}$/.test(value) && value >= `imsi-${match.start}` && value <= `imsi-${match.end}`
        : value === match.value,
    );
  return (
    (http.methods?.includes(method) ?? true) &&
    (http.paths?.some(isPath) ?? true) &&
    (http.supis?.some(isSupi) ?? true) &&
    (http.headers ?? []).every(({ name, value }) => headers.some((one) => one[0].toLowerCase() === name && one[1] === value))
  ); // biome-ignore format: short
}

function decode(text: string): string {
  return text.replaceAll("%61", "a");
}

function headOf(text: string) {
  const head = scannedHead(text);
  if (head === undefined) throw new Error(`not a request: ${text}`);
  return head;
}

/** Bytes in front and behind show an offset that is taken from the wrong place. */
function scannedHead(text: string) {
  const { request } = createHttp1Scanners();
  const bytes = Buffer.from(`junk${text}imsi-1\r\n`, "latin1");
  return request.next(bytes, 4, bytes.length - 8) === 1 ? request : undefined;
}
