/** What keeps pods off a node, and which pods bear with it. Source: k8s.io/api/core/v1/toleration.go, `ToleratesTaint`. */

export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

export interface Toleration {
  /** Every key if absent or empty. */
  readonly key?: string | undefined;
  /** `Exists` or `Equal`; `Equal` if absent. `Lt` and `Gt`, which no released version turns on, tolerate nothing. */
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  /** Every effect if absent or empty. */
  readonly effect?: string | undefined;
}

export const unschedulableTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
export const notReadyTaint: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** Whether it keeps pods away; `PreferNoSchedule` does not. */
export function isKeepingOff({ effect }: Taint): boolean {
  return effect === "NoSchedule" || effect === "NoExecute";
}

export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    return operator === "Exists" || ((!operator || operator === "Equal") && (value ?? "") === (taint.value ?? ""));
  });
}

/**
 * Every pod is given these two by admission, to stay five minutes on a node that fails. They say nothing of where it may
 * be put, and leaving them out saves most pods their constraints.
 */
export function isForFailingNodes({ key, operator, effect }: Toleration): boolean {
  return (
    operator === "Exists" &&
    effect === "NoExecute" &&
    (key === "node.kubernetes.io/not-ready" || key === "node.kubernetes.io/unreachable")
  );
}
