/** Flows that nobody has measured yet, and who says that they are to be expected. */

/** Where two speak of the same pair of workloads, the first in this order is believed. */
export const priorOrigins = ["profile", "image", "annotation", "chain"] as const;
export type PriorOrigin = (typeof priorOrigins)[number];

/** Who speaks of a flow. What is measured is always believed first. */
export type FlowOrigin = "measured" | PriorOrigin;

export interface ExpectedFlow {
  /** Workload keys. */
  readonly source: string;
  readonly destination: string;
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
  /** When it was last measured, if ever. */
  readonly lastAtMs?: number | undefined;
}

/** Something worth saying in the explanation of these workloads' pods. */
export interface Remark {
  readonly workloads: readonly string[];
  readonly text: string;
}

export interface Expectation {
  readonly flows: readonly ExpectedFlow[];
  readonly remarks: readonly Remark[];
}
