import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { counters, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { unavailable } from "../test/fakes/scripted-flow-source.ts";

let bench: SchedulerBench;
let polling: { stop(): Promise<void> } | undefined;

afterEach(async () => {
  await polling?.stop();
  await bench.stop();
});

async function poll(): Promise<SchedulerBench> {
  bench = await schedulerBench({ config: { pollIntervalMs: 1000, readTimeoutMs: 2500 } });
  polling = bench.scheduler.poll();
  await bench.clock.advanceAsync(0);
  return bench;
}

test("flows are read at once and then at every interval", async () => {
  const { flowSource, clock, scheduler } = await poll();
  expect(flowSource.readings).toBe(1);
  flowSource.counters = counters({ "amf>nrf": 100 }, 1);
  await clock.advanceAsync(1000);
  flowSource.counters = counters({ "amf>nrf": 100 }, 2);
  await clock.advanceAsync(1000);
  expect(flowSource.readings).toBe(3);
  expect(scheduler.graph.flows(clock.nowMs())).toMatchObject([{ requestBytesPerSecond: 100, ageMs: 0 }]);
});

test("while the source fails the last graph stays, and failures are counted", async () => {
  const { flowSource, clock, scheduler, metric } = await poll();
  flowSource.failure = unavailable();
  const { version } = scheduler.graph;
  await clock.advanceAsync(3000);
  expect(scheduler.graph.version).toBe(version);
  expect(await metric('weft_scheduler_readings_total{outcome="failed"}')).toBe("3");
  flowSource.failure = undefined;
  await clock.advanceAsync(1000);
  expect(scheduler.graph.version).toBe(version + 1);
});

test("a reading that hangs is given up after its time and does not pile up", async () => {
  const { flowSource, clock, metric } = await poll();
  flowSource.isHanging = true;
  await clock.advanceAsync(2000);
  expect(flowSource.readings).toBe(2);
  flowSource.isHanging = false;
  await clock.advanceAsync(3000);
  expect(await metric('weft_scheduler_readings_total{outcome="failed"}')).toBe("1");
  expect(flowSource.readings).toBeGreaterThanOrEqual(3);
});

test("refused counters are counted by reason", async () => {
  const { flowSource, clock, metric } = await poll();
  flowSource.counters = counters({ "amf>nrf": Number.NaN }, 1);
  await clock.advanceAsync(1000);
  expect(await metric('weft_scheduler_refused_counters_total{reason="not-finite"}')).toBe("1");
});

test("stopping ends a reading under way and starts no other", async () => {
  const { flowSource, clock } = await poll();
  flowSource.isHanging = true;
  await clock.advanceAsync(1000);
  await polling?.stop();
  await clock.advanceAsync(10_000);
  expect(flowSource.readings).toBe(2);
  expect(clock.pending).toBe(0);
});

/** Garbage is collected on demand only under a flag, which may be set at any time. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

test("the signal of a reading that is over is let go of", async () => {
  const { flowSource, clock } = await poll();
  const read = flowSource.read.bind(flowSource);
  const signals: WeakRef<AbortSignal>[] = [];
  flowSource.read = (signal) => {
    signals.push(new WeakRef(signal));
    return read(signal);
  };
  await clock.advanceAsync(10_000);
  collectGarbage();
  // The last one is still known, in case the polling is stopped.
  expect(signals.slice(0, -1).filter((signal) => signal.deref() !== undefined)).toEqual([]);
  expect(signals.length).toBeGreaterThan(5);
});
