/** Byte flows between workloads: what proxies count, and what the scheduler learns from it. */

/** One end of a flow. Telemetry of other meshes knows neither pod nor node. */
export interface FlowEnd {
  readonly namespace: string;
  readonly workload: string;
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
}

/** Where on a chain a flow was metered. */
export interface FlowHop {
  readonly chain: string;
  readonly spi: number;
  /** The service index with which the traffic arrived at the destination. */
  readonly hop: number;
}

/** A cumulative counter pair for one directed flow, as one proxy reports it. */
export interface FlowCounter {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly hop?: FlowHop | undefined;
  /** Tells counters between the same ends apart: another reporter, protocol or port. They are added as rates, never as totals. */
  readonly series?: string | undefined;
  /** Bytes from the source to the destination since the reporter started. */
  readonly requestBytes: number;
  /** Bytes back. */
  readonly responseBytes: number;
}

/** How long connections from one node to another took to open, as one proxy there counts them. Opening one takes one round trip. */
export interface DelaySample {
  readonly sourceNode: string;
  readonly destinationNode: string;
  /** Tells samples of different reporters apart. */
  readonly series: string;
  /** Opened since the reporter started. */
  readonly connections: number;
  /** The quickest of late: the round trip, and at least what the reporter was late by in noticing it. */
  readonly leastMs: number;
}

/** What became of the traffic that one classifier's proxy has put on one path since it started. */
export interface PathSample {
  readonly chain: string;
  readonly spi: number;
  /** Who counts. */
  readonly reporter: string;
  /** Requests, and flows that were steered as a whole. */
  readonly attempts: number;
  /** Those that were refused, broke off, or were answered by a status of 500 or more. */
  readonly failures: number;
  /** From a request's head until its response was passed back whole: all of the path, both ways. */
  readonly answer: TimeSum;
}

/** How long one hop of a path has taken since its proxy started. */
export interface HopSample {
  readonly chain: string;
  readonly spi: number;
  /** Who counts. */
  readonly reporter: string;
  /** With which traffic arrives at the hop: 0 at the destination. */
  readonly serviceIndex: number;
  /** From what the hop's function was handed until it gave it back. */
  readonly function: TimeSum;
  /** From a request's head until its response was passed back whole. */
  readonly answer: TimeSum;
}

export interface TimeSum {
  readonly count: number;
  readonly sumMs: number;
}

/** Everything one look at a flow source found. */
export interface FlowReading {
  readonly atMs: number;
  readonly counters: readonly FlowCounter[];
  /** None from a mesh that does not measure them. */
  readonly delays: readonly DelaySample[];
  /** None from a mesh that has no paths. */
  readonly paths: readonly PathSample[];
  /** Likewise. */
  readonly hops: readonly HopSample[];
}

/** A learned flow, in bytes per second. */
export interface Flow {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
  /** Since the last counter that spoke of it. */
  readonly ageMs: number;
}

export function flowBytesPerSecond(flow: Flow): number {
  return flow.requestBytesPerSecond + flow.responseBytesPerSecond;
}

/** Identifies a counter across readings. */
export function flowCounterKey({
  source,
  destination,
  hop,
  series = "",
}: Omit<FlowCounter, "requestBytes" | "responseBytes">): string {
  const along = hop ? `${hop.chain}#${hop.spi}#${hop.hop}` : "";
  return `${endKey(source)}>${endKey(destination)}>${along}>${series}`;
}

function endKey({ namespace, workload, pod = "", node = "" }: FlowEnd): string {
  return `${namespace}/${workload}/${pod}/${node}`;
}
