/** Which metrics speak of flows, and how their labels become the ends of one: Istio's names, and what Weft adds to them. */
import type { FlowCounter, FlowEnd, FlowHop } from "../../core/model/flow.ts";
import { remainingLabels } from "./remaining-labels.ts";

export interface FlowSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

interface ByteMetric {
  readonly family: "tcp" | "udp" | "http";
  readonly direction: "requestBytes" | "responseBytes";
}

const byteMetrics: ReadonlyMap<string, ByteMetric> = new Map([
  ["istio_tcp_received_bytes_total", { family: "tcp", direction: "requestBytes" }],
  ["istio_tcp_sent_bytes_total", { family: "tcp", direction: "responseBytes" }],
  ["weft_udp_received_bytes_total", { family: "udp", direction: "requestBytes" }],
  ["weft_udp_sent_bytes_total", { family: "udp", direction: "responseBytes" }],
  ["istio_request_bytes_sum", { family: "http", direction: "requestBytes" }],
  ["istio_response_bytes_sum", { family: "http", direction: "responseBytes" }],
]);

export const flowMetricNames: readonly string[] = [...byteMetrics.keys()];

/** Labels that are told by the ends and the hop already, or that are the same on every series. */
const capturedLabels = new Set([
  "__name__",
  "reporter",
  ...["source", "destination"].flatMap((end) =>
    ["workload", "workload_namespace", "pod", "node"].map((part) => `${end}_${part}`),
  ),
  ...["weft_chain", "weft_spi", "weft_hop"],
]);

/**
 * Gathers samples into flow counters, at most `countersMax`. Only the destination's report counts, so that each flow counts
 * once; ends that telemetry does not know are left out. The two directions of one series become one counter; no two series
 * are added, since a reset of one would look like a reset of all.
 */
export class FlowSeries {
  readonly #counters = new Map<string, MutableCounter>();
  readonly #countersMax: number;
  #leftOut = 0;

  constructor(countersMax: number) {
    this.#countersMax = countersMax;
  }

  /** Samples beyond the limit. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param reporter tells series of different reporters apart where their labels do not. */
  add({ name, labels, value }: FlowSample, reporter: string): void {
    const metric = byteMetrics.get(name);
    if (!metric || labels.get("reporter") !== "destination" || isCountedTwice(metric, labels)) return;
    const source = endOf(labels, "source");
    const destination = endOf(labels, "destination");
    if (!source || !destination) return;
    const hop = hopOf(labels);
    // Where the chain is unknown, there is no hop that would tell the versions of its path apart.
    const along = `${labels.get("weft_spi") ?? ""}#${labels.get("weft_hop") ?? ""}`;
    const series = `${metric.family}|${reporter}|${remainingLabels(labels, capturedLabels)}${hop || along === "#" ? "" : `|${along}`}`;
    const key = `${JSON.stringify([source, destination])}${along}${series}`;
    const counter = this.#counters.get(key);
    if (counter) counter[metric.direction] = value;
    else if (this.#counters.size >= this.#countersMax) this.#leftOut += 1;
    else
      this.#counters.set(key, {
        ...{ source, destination, hop, series, requestBytes: 0, responseBytes: 0 },
        [metric.direction]: value,
      });
  }

  counters(): readonly FlowCounter[] {
    return [...this.#counters.values()];
  }
}

type MutableCounter = FlowCounter & { requestBytes: number; responseBytes: number };

/** Whoever names the source's pod counts all bytes on the TCP metrics, HTTP's too; other meshes count HTTP only by message. */
function isCountedTwice(metric: ByteMetric, labels: ReadonlyMap<string, string>): boolean {
  return metric.family === "http" && labels.has("source_pod");
}

function endOf(labels: ReadonlyMap<string, string>, side: "source" | "destination"): FlowEnd | undefined {
  const workload = known(labels.get(`${side}_workload`));
  const namespace = known(labels.get(`${side}_workload_namespace`));
  if (workload === undefined || namespace === undefined) return undefined;
  const [pod, node] = [known(labels.get(`${side}_pod`)), known(labels.get(`${side}_node`))];
  return { namespace, workload, ...(pod === undefined ? {} : { pod }), ...(node === undefined ? {} : { node }) };
}

function hopOf(labels: ReadonlyMap<string, string>): FlowHop | undefined {
  const chain = known(labels.get("weft_chain"));
  const [spi, hop] = [Number(labels.get("weft_spi") || Number.NaN), Number(labels.get("weft_hop") || Number.NaN)];
  return chain !== undefined && Number.isInteger(spi) && Number.isInteger(hop) ? { chain, spi, hop } : undefined;
}

/** Istio writes "unknown" for what it does not know, and an empty label is none. */
function known(value: string | undefined): string | undefined {
  return value === undefined || value === "" || value === "unknown" ? undefined : value;
}
