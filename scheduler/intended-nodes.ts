/** Where somebody has decided that a pod which is still to be placed should go. */
import { scoreMax } from "./plugins/score-plugin.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface IntendedNodes {
  /** Cheap where nothing is intended: it is asked for every pod. */
  nodeFor(pod: AskedPod): IntendedNode | undefined;
}

export interface IntendedNode {
  readonly node: string;
  /** For people. */
  readonly why: string;
}

/** The highest score for that node and none for others, so that kube-scheduler's own scores hardly outweigh it. */
export function intendedScores(nodeNames: readonly string[], { node }: IntendedNode): Uint8Array {
  return Uint8Array.from(nodeNames, (name) => (name === node ? scoreMax : 0));
}
