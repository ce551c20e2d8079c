import { describe, expect, test } from "vitest";
import { ambiguousRequests } from "../../../test/builders/ambiguous-requests.ts";
import { http1Events } from "../../../test/builders/http1-events.ts";
import { createHttp1Scanners, HTTP1_LIMITS } from "./http1-scanner.ts";

describe("a request is refused for", () => {
  test.each(ambiguousRequests)("$name", ({ text, reason }) => {
    expect(http1Events(createHttp1Scanners().request, text).at(-1)).toBe(`rejected ${reason}`);
  });

  test.each(ambiguousRequests)("$name, when every byte comes alone", ({ text, reason }) => {
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
