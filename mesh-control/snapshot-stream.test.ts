import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createManualClock } from "../test/fakes/manual-clock.ts";
import { createSnapshotStream } from "./snapshot-stream.ts";

test("what a reader takes at once is sent at once", () => {
  const { stream, taken, sent } = slowReader();
  stream.offer(snapshot(1));
  expect([taken(), sent]).toEqual([[1], [1]]);
});

test("of what is offered to a slow reader it gets the newest", async () => {
  const { stream, taken, sent, take } = slowReader();
  for (const version of [1, 2, 3, 4]) stream.offer(snapshot(version));
  expect(sent).toEqual([1]);
  await take();
  expect([taken(), sent]).toEqual([
    [1, 4],
    [1, 4],
  ]);
  await take();
  stream.offer(snapshot(5));
  expect(taken()).toEqual([1, 4, 5]);
});

test("no heartbeat queues behind a snapshot", async () => {
  const { stream, lines, take } = slowReader();
  stream.offer(snapshot(1));
  for (let beats = 0; beats < 100; beats++) stream.beat();
  await take();
  expect(lines).toHaveLength(1);
  stream.beat();
  expect(lines).toHaveLength(2);
});

test("a reader that takes nothing for stallMsMax is cut off, one that takes something is not", async () => {
  const { stream, clock, output, stalls, take } = slowReader();
  stream.offer(snapshot(1));
  clock.advance(999);
  await take();
  stream.offer(snapshot(2));
  clock.advance(999);
  expect([output.destroyed, stalls.length]).toEqual([false, 0]);
  clock.advance(1);
  expect([output.destroyed, stalls.length]).toEqual([true, 1]);
});

test("a reader that is behind is cut off at the end, and no timer stays", async () => {
  const { stream, clock, output } = slowReader();
  stream.offer(snapshot(1));
  stream.end();
  await new Promise((resolve) => output.once("close", resolve));
  stream.offer(snapshot(2));
  expect([output.destroyed, clock.pending]).toEqual([true, 0]);
});

/** Takes a line when told; `lines` are those that reached it. */
function slowReader() {
  const lines: string[] = [];
  const sent: number[] = [];
  const stalls: string[] = [];
  let taking = () => {};
  const output = new Writable({
    highWaterMark: 2,
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(line);
      taking = done;
    },
  });
  const clock = createManualClock();
  const stream = createSnapshotStream({
    output,
    clock,
    stallMsMax: 1_000,
    onSent: ({ version }) => sent.push(version),
    onStalled: () => stalls.push("stalled"),
  });
  const take = async () => {
    taking();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    stream,
    clock,
    output,
    lines,
    sent,
    stalls,
    take,
    taken: () => lines.map((line) => JSON.parse(line).version),
  };
}

function snapshot(version: number) {
  return { version, text: { peers: "[]", own: '{"proxy":"core/ue-0"}' } };
}
