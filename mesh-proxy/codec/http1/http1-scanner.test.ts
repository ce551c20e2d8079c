import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { http1Events } from "../../../test/builders/http1-events.ts";
import { createHttp1Scanners, HTTP1_LIMITS } from "./http1-scanner.ts";

const get = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n";

/** Each sentence names what the requests and the responses lead to; both directions are cut anywhere below. */
const exchanges: readonly {
  readonly name: string;
  readonly requests: string;
  readonly responses: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
}[] = [
  {
    name: "a body of known length is passed and counted",
    requests: "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nxyz",
    responses: "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    up: ["head POST #1 POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\n", "body xyz", "end 48+3 keep-alive"],
    down: ["head 201 #1 HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n", "body ok", "end 43+2 keep-alive"],
  },
  {
    name: "a request without a length has no body, and the next one follows at once",
    requests: get + get,
    responses: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    up: [`head GET #1 ${get}`, "end 28+0 keep-alive", `head GET #2 ${get}`, "end 28+0 keep-alive"],
    down: [
      "head 204 #1 HTTP/1.1 204 No Content\r\n\r\n",
      "end 27+0 keep-alive",
      "head 304 #2 HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      "end 48+0 keep-alive",
    ],
  },
  {
    name: "chunks, their extensions and trailers are one body",
    requests:
      "PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nxyz\r\n00A\r\n0123456789\r\n0\r\nDigest: 1\r\nB:\r\n\r\n",
    responses: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    up: [
      "head PUT #1 PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "body 3;a=b\r\nxyz\r\n00A\r\n0123456789\r\n0\r\nDigest: 1\r\nB:\r\n\r\n",
      "end 46+49 keep-alive",
    ],
    down: [
      "head 200 #1 HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
      "body 0\r\n\r\n",
      "end 47+5 keep-alive",
    ],
  },
  {
    name: "a response to HEAD has no body whatever its length says",
    requests: "HEAD / HTTP/1.1\r\n\r\n",
    responses: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    up: ["head HEAD #1 HEAD / HTTP/1.1\r\n\r\n", "end 19+0 keep-alive"],
    down: ["head 200 #1 HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "end 38+0 keep-alive"],
  },
  {
    name: "interim responses come before the final one and have no end",
    requests: "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    responses:
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    up: [
      "head POST #1 POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
      "body x",
      "end 60+1 keep-alive",
    ],
    down: [
      "head 100 #1 HTTP/1.1 100 Continue\r\n\r\n",
      "head 103 #1 HTTP/1.1 103\r\nLink: x\r\n\r\n",
      "head 200 #1 HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "end 38+0 keep-alive",
    ],
  },
  {
    name: "a response without a length lasts until the connection closes",
    requests: get,
    responses: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 is only text here",
    up: [`head GET #1 ${get}`, "end 28+0 keep-alive"],
    down: ["head 200 #1 HTTP/1.1 200 OK\r\n\r\n", "body HTTP/1.1 is only text here"],
  },
  {
    name: "HTTP/1.0 closes unless it says keep-alive",
    requests: "GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    responses:
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    up: [
      "head GET #1 GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n",
      "end 45+0 keep-alive",
      "head GET #2 GET / HTTP/1.0\r\n\r\n",
      "end 18+0 close",
    ],
    down: [
      "head 200 #1 HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
      "end 62+0 keep-alive",
      "head 200 #2 HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      "end 38+0 close",
    ],
  },
  {
    name: "one empty line before a request belongs to nothing",
    requests: `${get}\r\n${get}`,
    responses: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    up: [`head GET #1 ${get}`, "end 28+0 keep-alive", `head GET #2 ${get}`, "end 28+0 keep-alive"],
    down: ["head 200 #1 HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "end 38+0 keep-alive"],
  },
  {
    name: "bytes behind a request to upgrade wait for the answer",
    requests: "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe",
    responses: "HTTP/1.1 101 Switching Protocols\r\n\r\nframes",
    up: [
      "head GET #1 GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      "end 61+0 keep-alive",
      "held",
    ],
    down: ["head 101 #1 HTTP/1.1 101 Switching Protocols\r\n\r\n", "end 36+0 keep-alive", "tunnel frames"],
  },
  {
    name: "a 2xx to CONNECT opens a tunnel whatever its length says",
    requests: "CONNECT a:1 HTTP/1.1\r\n\r\n",
    responses: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbytes",
    up: ["head CONNECT #1 CONNECT a:1 HTTP/1.1\r\n\r\n", "end 24+0 keep-alive"],
    down: ["head 200 #1 HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "end 38+0 keep-alive", "tunnel bytes"],
  },
];

describe("an exchange", () => {
  test.each(exchanges)("$name", ({ requests, responses, up, down }) => {
    const { request, response } = createHttp1Scanners();
    expect(http1Events(request, requests)).toEqual(up);
    expect(http1Events(response, responses)).toEqual(down);
  });

  test.each(exchanges)("cut anywhere, it is the same: $name", ({ requests, responses, up, down }) => {
    const cuts = fc.array(fc.nat(400), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, cuts, (upCuts, downCuts) => {
        const { request, response } = createHttp1Scanners();
        expect(http1Events(request, requests, upCuts)).toEqual(up);
        expect(http1Events(response, responses, downCuts)).toEqual(down);
      }),
      { numRuns: 60 },
    );
  });

  test("cut at every byte, it is the same", () => {
    for (const { requests, responses, up, down } of exchanges) {
      const { request, response } = createHttp1Scanners();
      expect(
        http1Events(
          request,
          requests,
          [...requests].map((_, i) => i),
        ),
      ).toEqual(up);
      expect(
        http1Events(
          response,
          responses,
          [...responses].map((_, i) => i),
        ),
      ).toEqual(down);
    }
  });
});

describe("leaving HTTP", () => {
  const upgrade = "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

  test("after 101 the held bytes are a tunnel", () => {
    const { request, response } = createHttp1Scanners();
    expect(http1Events(request, `${upgrade}raw`).at(-1)).toBe("held");
    http1Events(response, "HTTP/1.1 101 x\r\n\r\n");
    expect(http1Events(request, "raw")).toEqual(["tunnel raw"]);
  });

  test("after a refusal the held bytes are the next request", () => {
    const { request, response } = createHttp1Scanners();
    expect(http1Events(request, upgrade + get).at(-1)).toBe("held");
    http1Events(response, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(http1Events(request, get)).toEqual([`head GET #2 ${get}`, "end 28+0 keep-alive"]);
    expect(http1Events(response, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").at(-1)).toBe("end 38+1 keep-alive");
  });

  test("a CONNECT that is refused has an ordinary response", () => {
    const { request, response } = createHttp1Scanners();
    http1Events(request, "CONNECT a:1 HTTP/1.1\r\n\r\n");
    expect(http1Events(response, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno").at(-1)).toBe("end 38+2 keep-alive");
  });

  test("the answer to an earlier request does not decide an upgrade", () => {
    const { request, response } = createHttp1Scanners();
    http1Events(request, get + upgrade);
    http1Events(response, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(http1Events(request, "x")).toEqual(["held"]);
  });
});

describe("the number of requests in flight", () => {
  const limits = { ...HTTP1_LIMITS, pendingRequestCountMax: 2 };

  test("a request above the limit is held until a response is complete", () => {
    const { request, response } = createHttp1Scanners(limits);
    expect(http1Events(request, get + get + get).at(-1)).toBe("held");
    expect(request.pendingRequestCount).toBe(2);
    http1Events(response, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
    expect(http1Events(request, get)).toEqual(["held"]);
    http1Events(response, "x");
    expect(http1Events(request, get)).toEqual([`head GET #3 ${get}`, "end 28+0 keep-alive"]);
  });
});

describe("the end of the connection", () => {
  const cases: readonly { name: string; requests: string; responses: string; request: number; response: number }[] = [
    { name: "between messages is fine", requests: get, responses: "HTTP/1.1 204 x\r\n\r\n", request: 0, response: 0 },
    { name: "inside a head is refused", requests: "GET /", responses: "", request: 6, response: 0 },
    {
      name: "inside a body is refused",
      requests: get,
      responses: "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nx",
      request: 0,
      response: 6,
    },
    {
      name: "inside a chunk is refused",
      requests: get,
      responses: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
      request: 0,
      response: 6,
    },
    {
      name: "after an interim response is refused",
      requests: get,
      responses: "HTTP/1.1 100 x\r\n\r\n",
      request: 0,
      response: 6,
    },
    {
      name: "ends a body that lasts until then",
      requests: get,
      responses: "HTTP/1.1 200 x\r\n\r\nabc",
      request: 0,
      response: 3,
    },
  ];

  test.each(cases)("$name", ({ requests, responses, request, response }) => {
    const scanners = createHttp1Scanners();
    http1Events(scanners.request, requests);
    http1Events(scanners.response, responses);
    expect([scanners.request.finish(), scanners.response.finish()]).toEqual([request, response]);
  });
});
