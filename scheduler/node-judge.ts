/** Who may rule a node out for a pod: optional hard limits. */
import type { AskedPod } from "./wire/parse-args.ts";

const judgeNames = ["link", "latency"] as const;
export type JudgeName = (typeof judgeNames)[number];

/** Plans of groups rule out what the judges let pass, and last. */
export const rejecterNames = [...judgeNames, "plan"] as const;

/** By node. */
export type Reasons = ReadonlyMap<string, string>;

/** Has a reason or nothing for each node, and knows nothing of other judges. */
export interface NodeJudge {
  readonly name: JudgeName;
  /** Whether a node that it rejects may fit once other pods have gone. */
  readonly canEvictionHelp: boolean;
  /** Nodes that cannot take the pod. */
  rejected(pod: AskedPod, nodeNames: readonly string[]): Reasons;
  /** Nodes that could not take it if there were no other pods there. */
  hopeless(pod: AskedPod, nodeNames: readonly string[]): Reasons;
}

export interface Rejection {
  readonly by: (typeof rejecterNames)[number];
  readonly reason: string;
  readonly canEvictionHelp: boolean;
}

/** Asks them in order: of several reasons the first is given, and an eviction can help only if it can with all of them. */
export function judgeNodes(
  judges: readonly NodeJudge[],
  pod: AskedPod,
  nodeNames: readonly string[],
): ReadonlyMap<string, Rejection> {
  const rejections = new Map<string, Rejection>();
  for (const judge of judges)
    for (const [node, reason] of judge.rejected(pod, nodeNames)) {
      const { by, reason: first, canEvictionHelp } = rejections.get(node) ?? { by: judge.name, reason, ...judge };
      rejections.set(node, { by, reason: first, canEvictionHelp: canEvictionHelp && judge.canEvictionHelp });
    }
  return rejections;
}
