/** Service functions, chains and paths, in the words of RFC 7665. */
import { type StreamProtocol, selects } from "./service.ts";
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
  readonly protocol: StreamProtocol;
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

/** Whether traffic goes on without an instance of the function. It goes past a tap in any case. */
export function mayBeBypassed({ mode, failurePolicy }: Pick<ServiceFunction, "mode" | "failurePolicy">): boolean {
  return mode === "Tap" || failurePolicy === "Bypass";
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
  /** As its status has them: so another controller knows them too. */
  readonly refused?: readonly RefusedRendering[] | undefined;
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
  /** Undefined before anything was timed on the active path. */
  readonly latency?: PathLatency | undefined;
}

/** Means of late, in ms. */
export interface PathLatency {
  /** From a request's head until its response was passed back whole, at the classifier; undefined where no requests are timed. */
  readonly answerMs: number | undefined;
  /** From the first on; those of which nothing was timed are left out. */
  readonly hops: readonly HopLatency[];
}

export interface HopLatency {
  /** With which traffic arrives at the hop: 0 at the destination. */
  readonly serviceIndex: number;
  /** Undefined at the destination. */
  readonly function: string | undefined;
  /** What the function itself takes, towards the destination. */
  readonly functionMs: number | undefined;
  /** As of the path, of all that is behind the hop's proxy. */
  readonly answerMs: number | undefined;
}

/** What becomes of a chain's traffic at a function without a ready instance, as its failure policy says. */
export const outageEffects = ["Bypassed", "Blocking"] as const;

/** A function of a chain that has no ready instance. */
export interface FunctionOutage {
  readonly function: string;
  readonly effect: (typeof outageEffects)[number];
  /** In milliseconds since 1970; whole seconds. */
  readonly sinceMs: number;
}

/** A path that was taken back because its errors rose, and what was like it is not tried again at once. */
export interface RefusedRendering {
  /** Of the path that was taken back. */
  readonly spi: number;
  /** Stands for the chain's generation, functions, instances and classifiers' nodes. */
  readonly rendering: string;
  /** How often it has been taken back. */
  readonly times: number;
  /** It is not tried before, in milliseconds since 1970; whole seconds. */
  readonly untilMs: number;
  /** Why, with figures. */
  readonly message: string;
}

/** Of one chain; older ones are forgotten first. */
export const refusedRenderingsMax = 8;
export const hopWeightSum = 10_000;
export const spiMax = 2 ** 24 - 1;
/** The first service index of a path, so the most functions a chain can have. */
export const serviceIndexMax = 255;
