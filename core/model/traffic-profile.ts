/** What was learned of the traffic of a namespace's workloads, kept in the cluster so that a restart forgets nothing. */

export interface TrafficProfile {
  /** Of the flows' sources. */
  readonly namespace: string;
  /** Largest first. */
  readonly flows: readonly ProfileFlow[];
}

export interface ProfileFlow {
  /** Names of workloads; the source is of the profile's namespace. */
  readonly source: string;
  readonly destinationNamespace: string;
  readonly destination: string;
  /** The highest of late, as measured at `lastAtMs`; older ones count less. */
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
  readonly lastAtMs: number;
  /** What the pods of either end ran when they were last seen, where that is known; see `Pod.image`. */
  readonly sourceImage?: string | undefined;
  readonly destinationImage?: string | undefined;
}

/** The most flows that a profile may hold, so that an object stays well below the 1.5 MB that etcd takes. */
export const profileFlowsLimit = 2000;
