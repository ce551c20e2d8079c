import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { RequestRecord, TrafficSeries } from "./traffic-series.ts";

function recorder(): { readonly records: RequestRecord[]; readonly series: TrafficSeries } {
  const records: RequestRecord[] = [];
  return { records, series: { record: (record: RequestRecord) => records.push(record) } as unknown as TrafficSeries };
}

function steppingClock() {
  let nowMs = 0;
  return { nowMs: () => nowMs++, after: () => () => {}, every: () => () => {} };
}

const bytes = (text: string) => Buffer.from(text, "latin1");

test("pipelined requests keep their own start and size, however many are in flight", () => {
  const { records, series } = recorder();
  const exchange = new Http1Exchange(steppingClock(), series, 16_384);
  const requests = Array.from(
    { length: 200 },
    (_, i) => `POST / HTTP/1.1\r\nContent-Length: ${i}\r\n\r\n${"x".repeat(i)}`,
  );
  for (const request of requests) expect(exchange.up(bytes(request), 0, request.length)).toBe("");
  expect(exchange.pendingCount).toBe(200);
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (const _ of requests) expect(exchange.down(bytes(response), 0, response.length)).toBe("");
  expect(records.map(({ requestBytes }) => requestBytes)).toEqual(requests.map((request) => request.length));
  expect(new Set(records.map(({ durationMs }) => durationMs))).toEqual(new Set([200]));
  expect(exchange.pendingCount).toBe(0);
});

test("half a request counts as one in flight", () => {
  const exchange = new Http1Exchange(steppingClock(), recorder().series, 16_384);
  exchange.up(bytes("GET / HT"), 0, 8);
  expect(exchange.pendingCount).toBe(1);
});

test("a body until the end of the connection is recorded with that end", () => {
  const { records, series } = recorder();
  const exchange = new Http1Exchange(steppingClock(), series, 16_384);
  const request = bytes("GET / HTTP/1.1\r\n\r\n");
  const response = bytes("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  exchange.up(request, 0, request.length);
  exchange.down(response, 0, response.length);
  expect(records).toEqual([]);
  exchange.downEnded();
  expect(records).toMatchObject([{ statusCode: 200, responseBytes: response.length }]);
});

test("what is not HTTP any more says why", () => {
  const exchange = new Http1Exchange(steppingClock(), recorder().series, 16_384);
  const garbage = bytes("GET / HTTP/1.1\nno CR\n\n");
  expect(exchange.up(garbage, 0, garbage.length)).toMatch(/CR LF/);
});

const settings = Buffer.from("000000040000000000", "hex");

test("an HTTP/2 farewell is said between frames only, and never before the server's settings", () => {
  const exchange = new Http2Exchange(steppingClock(), recorder().series);
  expect(exchange.farewell()).toBeUndefined();
  exchange.down(settings, 0, 5);
  expect(exchange.farewell()).toBeUndefined();
  exchange.down(settings, 5, 9);
  expect(exchange.farewell()?.toString("hex")).toBe("0000080700000000007fffffff00000000");
});

test("HTTP/2 requests that are open when the connection goes are recorded as never answered", () => {
  const { records, series } = recorder();
  const exchange = new Http2Exchange(steppingClock(), series);
  const start = Buffer.concat([bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings]);
  exchange.up(start, 0, start.length);
  const headers = Buffer.from("000003010500000001828684", "hex");
  expect(exchange.up(headers, 0, headers.length)).toBe("");
  expect(exchange.pendingCount).toBe(1);
  exchange.closed("");
  expect(records).toMatchObject([{ statusCode: 0, grpcStatus: -1 }]);
  expect(exchange.pendingCount).toBe(0);
});
