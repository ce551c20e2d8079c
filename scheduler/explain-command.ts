/** `weft explain pod`: asks a running scheduler why a pod got its scores. */
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { type BoundedAnswer, readBounded } from "../platform/prometheus/read-bounded.ts";
import { parseWith } from "../platform/schema/parse-with.ts";
import { type Explanation, explanationSchema } from "./explanation-schema.ts";

export interface ExplainCommand {
  readonly namespace: string;
  readonly pod: string;
  readonly schedulerUrl: string;
  readonly timeoutMs?: number;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** @throws WeftError config-invalid for a URL that is none, decision-unknown, telemetry-unavailable, telemetry-malformed */
export async function askForExplanation(command: ExplainCommand): Promise<Explanation> {
  const { namespace, pod, schedulerUrl, timeoutMs = TIMEOUT_MS } = command;
  const url = urlOf(schedulerUrl, `v1/explain/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}`);
  const { status, body } = await answerOf(url, timeoutMs);
  if (status === 404)
    throw new WeftError(
      "decision-unknown",
      `no recent decision about the pod ${namespace}/${pod} is known to the scheduler at ${schedulerUrl}`,
    );
  if (status !== 200) throw new WeftError("telemetry-unavailable", `${url}: HTTP ${status}`);
  const parsed = parseWith(explanationSchema, json(url, body));
  if (parsed.kind === "parsed") return parsed.value;
  throw new WeftError("telemetry-malformed", `${url}: ${parsed.field}: ${parsed.reason}`);
}

function urlOf(base: string, path: string): URL {
  const url = URL.parse(path, base.endsWith("/") ? base : `${base}/`);
  if (url && ["http:", "https:"].includes(url.protocol)) return url;
  throw new WeftError("config-invalid", `--scheduler-url: "${base}" is not a URL such as http://127.0.0.1:10270`);
}

async function answerOf(url: URL, timeoutMs: number): Promise<BoundedAnswer> {
  try {
    const { signal } = new AbortController();
    return await readBounded({ url, signal, timeoutMs, bodyBytesMax: BODY_BYTES_MAX });
  } catch (error) {
    throw new WeftError(
      "telemetry-unavailable",
      `the scheduler at ${url.origin} does not answer: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function json(url: URL, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new WeftError("telemetry-malformed", `${url}: ${messageOf(error)}`, { cause: error });
  }
}
