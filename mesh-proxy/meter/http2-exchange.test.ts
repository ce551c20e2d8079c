import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { frame, preface, settings } from "../../test/builders/http2-frames.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { RequestRecord, TrafficSeries } from "./traffic-series.ts";

const END_BOTH = 5;
const post = "8384";
const cancelled = "00000008";

function startExchange() {
  const records: RequestRecord[] = [];
  const time = { nowMs: 0 };
  const clock = { nowMs: () => time.nowMs, after: () => () => {}, every: () => () => {} };
  const series = { record: (record: RequestRecord) => records.push(record) } as unknown as TrafficSeries;
  const exchange = new Http2Exchange(clock, series);
  const up = (...frames: readonly Buffer[]) => {
    const bytes = Buffer.concat(frames);
    return exchange.up(bytes, 0, bytes.length);
  };
  up(preface, settings);
  exchange.down(settings, 0, settings.length);
  return { records, time, up };
}

test("a client that cancels a request now and then is followed for as long as it likes", () => {
  const { records, time, up } = startExchange();
  for (let request = 0; request < 2000; request++) {
    time.nowMs += 100;
    const streamId = 2 * request + 1;
    expect(up(frame(1, END_BOTH, streamId, post), frame(3, 0, streamId, cancelled))).toBe("");
  }
  expect(records).toHaveLength(2000);
});

test("a client that resets streams as fast as it opens them is not followed any more", () => {
  const { records, up } = startExchange();
  const frames = Array.from({ length: 1000 }, (_, request) => [
    frame(1, END_BOTH, 2 * request + 1, post),
    frame(3, 0, 2 * request + 1, cancelled),
  ]).flat();
  expect(up(...frames)).toMatch(/^client reset more than 200 streams/);
  expect(records).toHaveLength(200);
});
