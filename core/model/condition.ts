/** Conditions as Kubernetes objects carry them. */

export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  /** One CamelCase word for machines. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

/** The conditions with `next` in place of the one of its type; the transition time moves only if the status does. */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, "lastTransitionTime">,
  nowMs: number,
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === next.type);
  const isSame = before?.status === next.status;
  const lastTransitionTime = isSame ? before.lastTransitionTime : rfc3339(nowMs);
  return [...conditions.filter(({ type }) => type !== next.type), { ...next, lastTransitionTime }];
}

/** Kubernetes' `metav1.Time`: whole seconds in UTC. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
