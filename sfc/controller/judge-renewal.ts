/** Whether a chain gets a new path, and why: one question after the other, the first answer counts. */

export interface Hysteresis {
  /** A demand counts as moved when it differs by more than this part of what a path was made for. */
  readonly demandChange: number;
  /** And then paths change only if the largest utilisation falls by more than this part. */
  readonly gain: number;
}

export interface RenewalCase {
  /** Why what would be rendered is held back, as long as the path can stay. */
  readonly refusal: string | undefined;
  /** What keeps the path from staying, whatever is gained. */
  readonly misfit: "no-path" | "generation" | "shape" | "too-slow" | undefined;
  /** Largest part of the chain's demand that would take another arc. */
  readonly flowChange: number;
  /** The chain, of all, whose demand differs by the largest part from what its path was made for; by any part if it has none. */
  readonly moved: { readonly chain: string; readonly part: number };
  /** Of the fullest link or instance: if all paths that can stay do, and if all follow the new split. */
  readonly utilisation: { readonly kept: number; readonly renewed: number };
}

export interface RenewalVerdict {
  readonly kind: "keep" | "renew";
  /** For programs. */
  readonly code: RenewalCode;
  /** For people. */
  readonly reason: string;
}

export const renewalCodes = [
  "refused",
  "first-path",
  "spec-changed",
  "shape-changed",
  "too-slow",
  "same-split",
  "overfull",
  "demand-steady",
  "gain-too-small",
  "gain",
] as const;
export type RenewalCode = (typeof renewalCodes)[number];

/** Flows that differ by less than this part of a chain's demand are not worth a new path. */
const SAME_FLOW = 0.01;

export function judgeRenewal(renewal: RenewalCase, limits: Hysteresis): RenewalVerdict {
  return (
    judgeRefused(renewal) ??
    judgeMisfit(renewal) ??
    judgeSame(renewal) ??
    judgeOverfull(renewal) ??
    judgeGain(renewal, limits)
  );
}

function judgeRefused({ refusal }: RenewalCase): RenewalVerdict | undefined {
  return refusal === undefined ? undefined : { kind: "keep", code: "refused", reason: refusal };
}

function judgeMisfit({ misfit }: RenewalCase): RenewalVerdict | undefined {
  switch (misfit) {
    case undefined:
      return undefined;
    case "no-path":
      return { kind: "renew", code: "first-path", reason: "the chain has no path" };
    case "generation":
      return { kind: "renew", code: "spec-changed", reason: "the chain's spec has changed" };
    case "shape":
      return { kind: "renew", code: "shape-changed", reason: "other functions, instances or classifiers' nodes" };
    case "too-slow":
      return { kind: "renew", code: "too-slow", reason: "the path is slower than the latency budget" };
  }
}

function judgeSame({ flowChange }: RenewalCase): RenewalVerdict | undefined {
  if (flowChange >= SAME_FLOW) return undefined;
  return { kind: "keep", code: "same-split", reason: `at most ${percent(flowChange)} of the traffic would move` };
}

/** What overflows is lost, so nobody waits until a demand has moved far enough. */
function judgeOverfull({ utilisation: { kept, renewed } }: RenewalCase): RenewalVerdict | undefined {
  if (kept <= 1 || renewed > 1) return undefined;
  return { kind: "renew", code: "overfull", reason: `the fullest link or instance ${fall(kept, renewed)}` };
}

function judgeGain({ moved, utilisation }: RenewalCase, limits: Hysteresis): RenewalVerdict {
  const { kept, renewed } = utilisation;
  if (moved.part <= limits.demandChange) {
    const most = `that of ${moved.chain} has moved most, by ${percent(moved.part)}`;
    const reason = `no demand has moved by more than ${percent(limits.demandChange)}; ${most}`;
    return { kind: "keep", code: "demand-steady", reason };
  }
  const gained = kept > 0 ? (kept - renewed) / kept : 0;
  if (gained > limits.gain) {
    const what = moved.part === Infinity ? "gets another path" : `has moved by ${percent(moved.part)}`;
    return {
      kind: "renew",
      code: "gain",
      reason: `${moved.chain} ${what}: the fullest link or instance ${fall(kept, renewed)}`,
    };
  }
  const reason = `the largest utilisation would fall by ${percent(Math.max(0, gained))}, which is not more than ${percent(limits.gain)}`;
  return { kind: "keep", code: "gain-too-small", reason };
}

function fall(kept: number, renewed: number): string {
  return `goes from ${percent(kept)} to ${percent(renewed)}`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
