import { describe, expect, test } from "vitest";
import { http1Events } from "../../../test/builders/http1-events.ts";
import { createHttp1Scanners, HTTP1_LIMITS } from "./http1-scanner.ts";

/** What RFC 9112 and the literature on request smuggling name as ways to make two readers disagree. */
const requests: readonly { readonly name: string; readonly text: string; readonly reason: string }[] = [
  {
    name: "length and chunked",
    text: "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Content-Length and Transfer-Encoding exclude each other",
  },
  {
    name: "two lengths",
    text: "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
    reason: "Content-Length stands twice with different values",
  },
  {
    name: "a list of lengths",
    text: "POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a signed length",
    text: "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "an empty length",
    text: "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a length beyond measure",
    text: "POST / HTTP/1.1\r\nContent-Length: 1000000000000000\r\n\r\n",
    reason: "Content-Length is not a number of 1 to 15 digits",
  },
  {
    name: "a hidden chunked",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "chunked not last",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
    reason: 'Transfer-Encoding is not "chunked"',
  },
  {
    name: "two transfer encodings",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Transfer-Encoding stands twice",
  },
  {
    name: "chunked in HTTP/1.0",
    text: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    reason: "Transfer-Encoding in HTTP/1.0",
  },
  {
    name: "a bare LF behind the start line",
    text: "GET / HTTP/1.1\nHost: a\r\n\r\n",
    reason: "request line does not end with CR LF",
  },
  {
    name: "a bare LF behind a header",
    text: "GET / HTTP/1.1\r\nHost: a\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  {
    name: "a bare CR in a value",
    text: "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    reason: "header line has a CR without LF",
  },
  {
    name: "a NUL in a value",
    text: "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n",
    reason: "header value has a control character or ends without CR",
  },
  { name: "a folded line", text: "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", reason: "header line is folded" },
  {
    name: "a space before the colon",
    text: "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\n",
    reason: "header name is not followed by a colon at once",
  },
  {
    name: "a line without a name",
    text: "GET / HTTP/1.1\r\n: a\r\n\r\n",
    reason: "header name starts with a character it may not have",
  },
  {
    name: "two spaces in the start line",
    text: "GET  / HTTP/1.1\r\n\r\n",
    reason: "request target is empty or has a control character",
  },
  { name: "a target with a space", text: "GET /a b HTTP/1.1\r\n\r\n", reason: "version is not HTTP/1.0 or HTTP/1.1" },
  { name: "another version", text: "PRI * HTTP/2.0\r\n\r\n", reason: "version is not HTTP/1.0 or HTTP/1.1" },
  { name: "no method", text: " / HTTP/1.1\r\n\r\n", reason: "request does not start with a method" },
  {
    name: "two empty lines before a request",
    text: "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    reason: "request does not start with a method",
  },
  { name: "two hosts", text: "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", reason: "Host stands twice" },
  {
    name: "two path headers",
    text: "GET / HTTP/1.1\r\nweft-nsh: 1\r\nWeft-NSH: 2\r\n\r\n",
    reason: "weft-nsh stands twice",
  },
  {
    name: "CONNECT with a body",
    text: "CONNECT a:1 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
    reason: "CONNECT with a body",
  },
  {
    name: "bytes behind Connection: close",
    text: "GET / HTTP/1.1\r\nConnection: close\r\n\r\nG",
    reason: "bytes follow a message that closes the connection",
  },
  {
    name: "a chunk size without digits",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a sign",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a prefix",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size with a space behind",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a chunk size beyond measure",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000\r\n",
    reason: "chunk size has more than 12 digits",
  },
  {
    name: "a chunk longer than its size",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
    reason: "chunk is longer than its size",
  },
  {
    name: "a bare LF behind a chunk size",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n",
    reason: "chunk size is not hexadecimal",
  },
  {
    name: "a bare LF in an extension",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;\nx\r\n",
    reason: "chunk extension has a control character",
  },
  {
    name: "a folded trailer",
    text: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n",
    reason: "trailer line is folded or starts with a character it may not have",
  },
];

describe("a request is refused for", () => {
  test.each(requests)("$name", ({ text, reason }) => {
    expect(http1Events(createHttp1Scanners().request, text).at(-1)).toBe(`rejected ${reason}`);
  });

  test.each(requests)("$name, when every byte comes alone", ({ text, reason }) => {
    const everywhere = [...text].map((_, index) => index);
    expect(http1Events(createHttp1Scanners().request, text, everywhere).at(-1)).toBe(`rejected ${reason}`);
  });

  test("what follows a refusal: the scanner stays refused", () => {
    const { request } = createHttp1Scanners();
    http1Events(request, "?");
    expect(http1Events(request, "\0")).toEqual(["rejected request does not start with a method"]);
    expect(http1Events(request, "GET / HTTP/1.1\r\n\r\n")).toEqual(["rejected request does not start with a method"]);
  });
});

describe("a response is refused for", () => {
  const get = "GET / HTTP/1.1\r\n\r\n";
  const responses: readonly {
    readonly name: string;
    readonly asked: string;
    readonly text: string;
    readonly reason: string;
  }[] = [
    { name: "coming unasked", asked: "", text: "HTTP/1.1 200 OK\r\n\r\n", reason: "response to no request" },
    {
      name: "coming twice",
      asked: get,
      text: "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
      reason: "response to no request",
    },
    {
      name: "switching unasked",
      asked: get,
      text: "HTTP/1.1 101 x\r\n\r\n",
      reason: "101 to a request that asked for no upgrade",
    },
    {
      name: "a status of two digits",
      asked: get,
      text: "HTTP/1.1 20 x\r\n\r\n",
      reason: "status code is not three digits",
    },
    {
      name: "a status of four digits",
      asked: get,
      text: "HTTP/1.1 2000 x\r\n\r\n",
      reason: "status code is not three digits",
    },
    {
      name: "a status out of range",
      asked: get,
      text: "HTTP/1.1 600 x\r\n\r\n",
      reason: "status code 600 is not in 100..599",
    },
    { name: "another protocol", asked: get, text: "SSH-2.0-x\r\n", reason: "version is not HTTP/1.0 or HTTP/1.1" },
    {
      name: "bytes behind its end when it closes",
      asked: get + get,
      text: "HTTP/1.1 200 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\nH",
      reason: "bytes follow a message that closes the connection",
    },
  ];

  test.each(responses)("$name", ({ asked, text, reason }) => {
    const { request, response } = createHttp1Scanners();
    http1Events(request, asked);
    expect(http1Events(response, text).at(-1)).toBe(`rejected ${reason}`);
  });
});

describe("limits", () => {
  const limits = { ...HTTP1_LIMITS, headBytesMax: 64, headerCountMax: 3, trailerBytesMax: 16, extensionBytesMax: 4 };
  const start = "GET / HTTP/1.1\r\n";
  const chunked = "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const cases: readonly { name: string; text: string; last: string }[] = [
    {
      name: "a head of just the limit is taken",
      text: `${start}A: ${"x".repeat(64 - 16 - 3 - 4)}\r\n\r\n`,
      last: "end 64+0 keep-alive",
    },
    {
      name: "a head one byte longer is refused",
      text: `${start}A: ${"x".repeat(64 - 16 - 3 - 3)}\r\n\r\n`,
      last: "rejected head is longer than 64 bytes",
    },
    {
      name: "as many header lines as the limit are taken",
      text: `${start}${"A:b\r\n".repeat(3)}\r\n`,
      last: "end 33+0 keep-alive",
    },
    {
      name: "one more is refused",
      text: `${start}${"A:b\r\n".repeat(4)}\r\n`,
      last: "rejected more than 3 header lines",
    },
    { name: "an extension of just the limit is taken", text: `${chunked}0;1234\r\n\r\n`, last: "end 46+10 keep-alive" },
    {
      name: "a longer one is refused",
      text: `${chunked}0;12345\r\n\r\n`,
      last: "rejected chunk extension is longer than 4 bytes",
    },
    {
      name: "trailers of just the limit are taken",
      text: `${chunked}0\r\nABCDEF: 12345\r\n\r\n`,
      last: "end 46+20 keep-alive",
    },
    {
      name: "longer ones are refused",
      text: `${chunked}0\r\nABCDEF: 1234567\r\n\r\n`,
      last: "rejected trailers are longer than 16 bytes",
    },
  ];

  test.each(cases)("$name, whole or byte by byte", ({ text, last }) => {
    const everywhere = [...text].map((_, index) => index);
    expect(http1Events(createHttp1Scanners(limits).request, text).at(-1)).toBe(last);
    expect(http1Events(createHttp1Scanners(limits).request, text, everywhere).at(-1)).toBe(last);
  });
});
