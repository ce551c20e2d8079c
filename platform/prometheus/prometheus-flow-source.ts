import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";
import type { Log } from "../../core/ports/log.ts";
import { parseInstantVector, type VectorSample } from "./parse-instant-vector.ts";
import { readBounded } from "./read-bounded.ts";
import { ReadingSeries, readMetricNames } from "./reading-series.ts";

export interface PrometheusFlowSourceOptions {
  /** Of the server, with its path prefix if it has one: `http://prometheus.monitoring:9090`. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** More label matchers, as PromQL has them: `cluster="edge-1"`. */
  readonly matchers?: string;
  /** 10,000 unless told. */
  readonly timeoutMs?: number;
  /** 64 MiB unless told. */
  readonly bodyBytesMax?: number;
  /** Of one reading; 200,000 unless told. */
  readonly countersMax?: number;
}

/**
 * Reads counters from Prometheus' HTTP API by one instant query, so that all are of one moment. Rates are worked out here and
 * not by the query: the scheduler's half-life need not fit any scrape interval. The poll interval should not be shorter
 * than Prometheus' scrape interval, or every other reading repeats the last.
 *
 * @throws WeftError config-invalid for a URL that is none
 */
export function createPrometheusFlowSource(options: PrometheusFlowSourceOptions): FlowSource {
  const url = queryUrl(options.url);
  // Delays have no reporter label, which Prometheus takes as an empty one.
  const query = `{__name__=~"${readMetricNames.join("|")}",reporter=~"destination|"${options.matchers ? `,${options.matchers}` : ""}}`;
  return {
    name: "prometheus",
    async read(signal) {
      const atMs = options.clock.nowMs();
      const series = new ReadingSeries(options.countersMax ?? 200_000);
      for (const { labels, value } of await ask({ url, query, signal, options }))
        series.add({ name: labels.get("__name__") ?? "", labels, value }, "");
      return series.reading(atMs, options.log);
    },
  };
}

function queryUrl(base: string): URL {
  const url = URL.parse(`${base.replace(/\/$/, "")}/api/v1/query`);
  if (url && ["http:", "https:"].includes(url.protocol)) return url;
  throw new WeftError("config-invalid", `"${base}" is no URL of a Prometheus such as http://prometheus:9090`);
}

interface Question {
  readonly url: URL;
  readonly query: string;
  readonly signal: AbortSignal;
  readonly options: PrometheusFlowSourceOptions;
}

async function ask({ url, query, signal, options }: Question): Promise<readonly VectorSample[]> {
  const { timeoutMs = 10_000, bodyBytesMax = 64 * 2 ** 20 } = options;
  const answer = await readBounded({ url, signal, timeoutMs, bodyBytesMax, form: { query } }).catch((error) => {
    signal.throwIfAborted();
    throw new WeftError("telemetry-unavailable", `${url.origin}: ${messageOf(error)}`, { cause: error });
  });
  const parsed = parseInstantVector(answer.body);
  if (parsed.kind === "parsed") return parsed.value;
  // An overloaded server and one that is starting answer 503; anything else that cannot be read is not Prometheus.
  const code = answer.status >= 500 ? "telemetry-unavailable" : "telemetry-malformed";
  throw new WeftError(code, `${url.origin} (status ${answer.status}): ${parsed.field}: ${parsed.reason}`);
}
