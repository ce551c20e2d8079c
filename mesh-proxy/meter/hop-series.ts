/** What one hop of a path did with the flows that came to it: the objects that hot paths add to. */
import { isFailedGrpcStatus } from "../codec/grpc-status.ts";
import { BucketHistogram } from "./bucket-histogram.ts";
import type { RefusalReason } from "./own-metrics.ts";
import type { RequestRecord, RequestRecorder } from "./traffic-series.ts";

export type HopLabels = Readonly<Record<HopLabel, string>>;

export const hopLabelNames = [
  "weft_namespace",
  "weft_chain",
  "weft_spi",
  "weft_hop",
  "weft_function",
  "weft_pod",
  "weft_node",
] as const;
type HopLabel = (typeof hopLabelNames)[number];

/** Which side of the hop broke a flow off that had begun. */
export type HopBreak = "function_reset" | "app_reset" | "onward_reset" | "source_reset";
export type HopError = RefusalReason | HopBreak | "http_5xx" | "grpc_5xx";

const boundsMs = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

export class HopSeries implements RequestRecorder {
  readonly labels: HopLabels;
  /** Connections that came steered as a whole, taken or not. */
  connectionCount = 0;
  /** Requests of HTTP that were answered, refused or broken off. */
  requestCount = 0;
  /** Flows that went around this hop's function. */
  bypassedCount = 0;
  readonly errors = new Map<HopError, number>();
  /** At the destination, by verdict, where flows must prove by which functions they came. */
  readonly proofs = new Map<string, number>();
  /** From what the function was handed until it gave it back, by flow or request: what the function adds. */
  readonly functionMs = new BucketHistogram(boundsMs);
  /** From a connection's header until this hop and all behind it took it. */
  readonly connectionAnswerMs = new BucketHistogram(boundsMs);
  /** From a request's head until its response was passed back whole. */
  readonly requestAnswerMs = new BucketHistogram(boundsMs);

  constructor(labels: HopLabels) {
    this.labels = labels;
  }

  record({ statusCode, grpcStatus, durationMs }: RequestRecord): void {
    this.requestCount++;
    this.requestAnswerMs.observe(durationMs);
    if (statusCode >= 500) this.fail("http_5xx");
    else if (isFailedGrpcStatus(grpcStatus)) this.fail("grpc_5xx");
  }

  /** A request that gets no answer from behind this hop. */
  failRequest(reason: HopError): void {
    this.requestCount++;
    this.fail(reason);
  }

  fail(reason: HopError): void {
    add(this.errors, reason);
  }

  countProof(verdict: string): void {
    add(this.proofs, verdict);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
