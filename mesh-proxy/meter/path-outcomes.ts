/** How the traffic fares that this proxy, as a classifier, puts on paths: what the chain controller compares paths by. */
import type { SampledMetric } from "./sampled-metric.ts";

export interface PathId {
  readonly chain: string;
  readonly spi: number;
}

/** Of one path; hot paths add to it. */
export class PathOutcomes {
  readonly path: PathId;
  attemptCount = 0;
  failureCount = 0;

  constructor(path: PathId) {
    this.path = path;
  }

  /** A request with its answer, or a flow that was not taken. */
  count(isFailure: boolean): void {
    this.attemptCount++;
    if (isFailure) this.failureCount++;
  }
}

/** gRPC's codes that stand for an HTTP status of 500 or more (google.rpc.Code): UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const failedGrpcStatuses: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** @param statusCode 0 when there was no response; @param grpcStatus -1 for anything but gRPC */
export function isFailedRequest(statusCode: number, grpcStatus: number): boolean {
  return statusCode === 0 || statusCode >= 500 || failedGrpcStatuses.has(grpcStatus);
}

/** A path that was replaced is of interest for some minutes only. */
const PATHS_MAX = 1000;

export class PathOutcomesTable {
  /** The one used longest ago first. */
  private readonly byPath = new Map<string, PathOutcomes>();

  /** Once per connection. */
  of({ chain, spi }: PathId): PathOutcomes {
    const key = `${spi} ${chain}`;
    const outcomes = this.byPath.get(key) ?? new PathOutcomes({ chain, spi });
    this.byPath.delete(key);
    this.byPath.set(key, outcomes);
    const [oldest] = this.byPath.keys();
    if (this.byPath.size > PATHS_MAX && oldest !== undefined) this.byPath.delete(oldest);
    return outcomes;
  }

  all(): readonly PathOutcomes[] {
    return [...this.byPath.values()];
  }
}

export function pathMetrics(table: PathOutcomesTable): readonly SampledMetric[] {
  const each = (amountOf: (outcomes: PathOutcomes) => number) => () =>
    table.all().map((outcomes) => ({ value: amountOf(outcomes), labels: labelsOf(outcomes) }));
  return [
    {
      name: "weft_path_attempts_total",
      help: "Requests, and flows steered as a whole, that this proxy's application has sent on a path.",
      type: "counter",
      samples: each(({ attemptCount }) => attemptCount),
    },
    {
      name: "weft_path_failures_total",
      help: "Of those, the ones that were refused, broke off, or were answered by a status of 500 or more.",
      type: "counter",
      samples: each(({ failureCount }) => failureCount),
    },
  ];
}

function labelsOf({ path }: PathOutcomes): Readonly<Record<string, string>> {
  return { weft_chain: path.chain, weft_spi: String(path.spi) };
}
