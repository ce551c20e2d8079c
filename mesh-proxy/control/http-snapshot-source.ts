/** Snapshots from mesh-control: one stream that is opened again whenever it ends, fails or falls silent. */
import type { SnapshotReport } from "../../core/model/mesh-snapshot.ts";
import { fetchReasonOf, messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { LineReader } from "./line-reader.ts";
import type { SnapshotReceiver, SnapshotSource } from "./snapshot-source.ts";

export interface HttpSnapshotSourceOptions {
  readonly controlUrl: string;
  /** `namespace/name` of the pod. */
  readonly proxy: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly heartbeatTimeoutMs: number;
  readonly reconnectDelayMsMax: number;
  readonly snapshotBytesMax: number;
  readonly onReconnect: () => void;
}

const RECONNECT_DELAY_MS_FIRST = 100;
const REPORT_TIMEOUT_MS = 5000;

export function createHttpSnapshotSource(options: HttpSnapshotSourceOptions): SnapshotSource {
  return {
    start(receiver) {
      const stopping = new AbortController();
      const running = run(options, receiver, stopping.signal);
      return async () => {
        stopping.abort();
        await running;
      };
    },
  };
}

async function run(
  options: HttpSnapshotSourceOptions,
  receiver: SnapshotReceiver,
  stopped: AbortSignal,
): Promise<void> {
  let failureCount = 0;
  while (!stopped.aborted) {
    try {
      await follow(options, stopped, (line) => {
        failureCount = 0;
        deliver(options, receiver, line, stopped);
      });
      throw new Error("mesh-control ended the stream");
    } catch (error) {
      if (stopped.aborted) return;
      options.log.warn("snapshot stream ended; the last good snapshot stays", { reason: fetchReasonOf(error) });
    }
    options.onReconnect();
    await wait(options.clock, reconnectDelayMs(options, failureCount++), stopped);
  }
}

/** Reads lines until the stream ends; throws when it fails or is silent for too long. */
async function follow(
  { controlUrl, proxy, clock, heartbeatTimeoutMs, snapshotBytesMax }: HttpSnapshotSourceOptions,
  stopped: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const silence = new AbortController();
  const silenceError = new Error(`no line within ${heartbeatTimeoutMs} ms`);
  const watch = () => clock.after(heartbeatTimeoutMs, () => silence.abort(silenceError));
  let cancel = watch();
  try {
    const url = `${controlUrl.replace(/\/+$/, "")}/v1/snapshots?proxy=${encodeURIComponent(proxy)}`;
    const response = await fetch(url, { signal: AbortSignal.any([stopped, silence.signal]) });
    if (!response.ok || response.body === null) throw new Error(`mesh-control answered ${response.status}`);
    const reader = new LineReader(snapshotBytesMax);
    for await (const chunk of response.body) {
      for (const line of reader.push(chunk)) {
        cancel();
        cancel = watch();
        onLine(line);
      }
    }
  } finally {
    cancel();
    silence.abort();
  }
}

/** An empty line is the heartbeat. */
function deliver(
  options: HttpSnapshotSourceOptions,
  receiver: SnapshotReceiver,
  line: string,
  stopped: AbortSignal,
): void {
  if (line.trim() === "") {
    receiver.confirm();
    return;
  }
  let input: unknown;
  try {
    input = JSON.parse(line);
  } catch (error) {
    input = undefined;
    options.log.warn("a line of the snapshot stream is not JSON", { reason: messageOf(error) });
  }
  void report(options, receiver.receive(input), stopped);
}

async function report(
  { controlUrl, log }: HttpSnapshotSourceOptions,
  body: SnapshotReport,
  stopped: AbortSignal,
): Promise<void> {
  try {
    const response = await fetch(`${controlUrl.replace(/\/+$/, "")}/v1/reports`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([stopped, AbortSignal.timeout(REPORT_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) log.warn("mesh-control did not take a report", { status: response.status });
  } catch (error) {
    if (!stopped.aborted) log.warn("a report did not reach mesh-control", { reason: fetchReasonOf(error) });
  }
}

/** Doubles up to the limit; half of it is chance, so that proxies do not come back all at once. */
function reconnectDelayMs({ random, reconnectDelayMsMax }: HttpSnapshotSourceOptions, failureCount: number): number {
  const delayMs = Math.min(reconnectDelayMsMax, RECONNECT_DELAY_MS_FIRST * 2 ** Math.min(failureCount, 30));
  return delayMs * (0.5 + 0.5 * random());
}

function wait(clock: Clock, delayMs: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopped.aborted) return resolve();
    const cancel = clock.after(delayMs, done);
    stopped.addEventListener("abort", done, { once: true });
    function done(): void {
      cancel();
      stopped.removeEventListener("abort", done);
      resolve();
    }
  });
}
