/** Service functions, chains and paths, in the words of RFC 7665. */
import { type AppProtocol, selects } from "./service.ts";
import type { TrafficMatch } from "./traffic-match.ts";

export const failurePolicies = ["Bypass", "Block"] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

export const functionModes = ["Forward", "Tap", "Terminate"] as const;
export type FunctionMode = (typeof functionModes)[number];

/** A kind of middlebox: which pods it is, and what one of them can do. */
export interface ServiceFunction {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly selector: Readonly<Record<string, string>>;
  /** Where an instance takes the flow's bytes from its forwarder. */
  readonly port: number;
  readonly protocol: AppProtocol;
  /** The forwarder opens each connection with a PROXY protocol v2 header that names the flow. */
  readonly hasProxyProtocol: boolean;
  /** What one instance can take in; undefined is unlimited. */
  readonly capacityBytesPerSecond: number | undefined;
  /** Bytes out per byte in. */
  readonly scaling: number;
  readonly processingDelayMs: number;
  readonly failurePolicy: FailurePolicy;
  readonly mode: FunctionMode;
  /** It says on which path traffic goes on: see `LocalFunction`. */
  readonly isReclassifying?: boolean | undefined;
}

/** An ordered list of functions, and which traffic passes them. */
export interface ServiceFunctionChain {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly classifier: Classifier;
  /** Names of ServiceFunctions of the same namespace. */
  readonly functions: readonly string[];
  /** Where traffic leaves the chain for another; asked in this order. Absent is nowhere. */
  readonly branches?: readonly ChainBranch[] | undefined;
  /** Return traffic passes the same instances in reverse. */
  readonly isSymmetric: boolean;
  /** Declared demand in the direction of the chain; undefined means measured only. */
  readonly demandBytesPerSecond: number | undefined;
  readonly latencyBudgetMs: number | undefined;
  readonly priority: number;
}

/** Re-classification (RFC 7665, section 4.8): behind a function, some of the traffic goes on along another chain. */
export interface ChainBranch {
  /** One of the chain's functions. */
  readonly after: string;
  /** Which traffic; undefined where only the function itself says so. */
  readonly match?: TrafficMatch | undefined;
  /** Name of a chain of the same namespace, to the same port of the same Service; traffic enters at its first function. */
  readonly to: string;
}

/** Most branches of one chain. */
export const chainBranchesMax = 8;

/** Traffic from the pods that `from` selects to one port of the Service `to`, all in the chain's namespace. */
export interface Classifier {
  /** Labels that a pod must all have; without any, every pod of the mesh in the namespace. */
  readonly from: Readonly<Record<string, string>>;
  /** Nothing but what other chains branch off enters. */
  readonly isByBranchOnly?: boolean | undefined;
  readonly to: { readonly service: string; readonly port: number };
  /** Which part of that traffic; undefined is all of it. */
  readonly match?: TrafficMatch | undefined;
}

/** Whether the classifier is about what a pod with these labels sends. */
export function isClassified({ from, isByBranchOnly }: Classifier, labels: Readonly<Record<string, string>>): boolean {
  if (isByBranchOnly === true) return false;
  return Object.keys(from).length === 0 || selects(from, labels);
}

/** One version of one chain, rendered onto instances. It is never edited but for `isActive`; a new version has a new SPI. */
export interface ServiceFunctionPath {
  readonly namespace: string;
  readonly name: string;
  readonly chain: string;
  readonly chainGeneration: number;
  /** Service path identifier, 1 to 2^24 - 1 (RFC 8300, section 2.3). */
  readonly spi: number;
  /** Classifiers put new flows on it; live flows stay on an inactive path until it is deleted. */
  readonly isActive: boolean;
  readonly isSymmetric: boolean;
  /** In order; the last one is the destination Service. */
  readonly hops: readonly PathHop[];
  readonly prediction: Prediction;
}

export interface PathHop {
  /** With which traffic arrives at this hop: counts down to 0 at the destination. */
  readonly serviceIndex: number;
  /** The ServiceFunction; undefined at the destination. */
  readonly function: string | undefined;
  readonly weights: readonly HopWeight[];
}

/** How much of what leaves `from` goes to `to`; for one `from` the weights sum to 10,000. */
export interface HopWeight {
  /** A node's name on the first hop (all its classifiers), a pod's name on later ones. */
  readonly from: string;
  /** The pod's name. */
  readonly to: string;
  readonly weight: number;
}

/** What the solver promises of a split, and how far from the optimum it can be at most. */
export interface Prediction {
  /** Largest utilisation of any link or instance; 1 is full. */
  readonly maxUtilisation: number;
  /** No split can do better than this: a true lower bound on the optimum. */
  readonly lowerBound: number;
  readonly demandBytesPerSecond: number;
}

/** What is measured of a chain's traffic, beside what was predicted. */
export interface Measurement {
  /** What enters the chain. */
  readonly demandBytesPerSecond: number;
  /** Largest utilisation of any link or instance by what was measured of all chains; chains without a measurement add nothing. */
  readonly maxUtilisation: number;
}

export const hopWeightSum = 10_000;
export const spiMax = 2 ** 24 - 1;
/** The first service index of a path, so the most functions a chain can have. */
export const serviceIndexMax = 255;
