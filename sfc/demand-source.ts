/** What enters each chain now, as the scheduler has learned it from the proxies' counters. */
import { z } from "zod";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { parseWith } from "../platform/schema/parse-with.ts";

/** Bytes per second in the direction of the chain, by its `namespace/name`. @throws WeftError telemetry-* */
export type DemandSource = (signal: AbortSignal) => Promise<ReadonlyMap<string, number>>;

export interface SchedulerDemandOptions {
  readonly schedulerUrl: string;
  readonly timeoutMs: number;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

const rate = z.number().min(0);

/** The part of the answer to `GET /v1/flows` that is read; the scheduler adds to it as it likes. */
const flowsAnswer = z.looseObject({
  isStale: z.boolean(),
  chains: z.array(
    z.looseObject({
      chain: z.string().min(1),
      sources: z.array(z.looseObject({ namespace: z.string(), requestBytesPerSecond: rate })),
    }),
  ),
});

/** The telemetry calls a chain by its name alone; its namespace is that of its classifier's pods, where its traffic begins. */
export function schedulerDemand({ schedulerUrl, timeoutMs }: SchedulerDemandOptions): DemandSource {
  const url = new URL("/v1/flows?flowsMax=1", schedulerUrl);
  return async (signal) => {
    const answer = parseWith(
      flowsAnswer,
      await readJson(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
    );
    if (answer.kind === "rejected")
      throw new WeftError("telemetry-malformed", `${url}: ${answer.field}: ${answer.reason}`);
    if (answer.value.isStale) throw new WeftError("telemetry-unavailable", `${url}: the scheduler's flows are stale`);
    const demands = new Map<string, number>();
    for (const { chain, sources } of answer.value.chains) {
      for (const { namespace, requestBytesPerSecond } of sources) {
        const key = `${namespace}/${chain}`;
        demands.set(key, (demands.get(key) ?? 0) + requestBytesPerSecond);
      }
    }
    return demands;
  };
}

async function readJson(url: URL, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { redirect: "error", signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return JSON.parse(await readBounded(response));
  } catch (error) {
    const code = error instanceof SyntaxError ? "telemetry-malformed" : "telemetry-unavailable";
    throw new WeftError(code, `${url}: ${messageOf(error)}`, { cause: error });
  }
}

async function readBounded({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let byteCount = 0;
  for await (const chunk of body ?? []) {
    byteCount += chunk.byteLength;
    if (byteCount > BODY_BYTES_MAX) throw new Error(`the body is larger than ${BODY_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
