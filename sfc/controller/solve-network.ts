/** The split of a network of chains, after the checker has found nothing wrong with it. */
import type { SplitNetwork } from "../../core/model/split-network.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { type CertifiedSplit, certifiedSplit } from "../solver/certified-split.ts";
import { checkSplit } from "../solver/check-split.ts";
import type { HighsRuntime } from "../solver/exact/with-highs.ts";
import { type SolverName, solverNamed } from "../solver/solvers.ts";
import { type EarlierSplit, type SplitProblem, splitProblemOf } from "../solver/split-problem.ts";

export interface SolveInput {
  /** Larger programs are split by the gradient solver. */
  readonly variablesMax: number;
  /** How long that may search. */
  readonly splitMsMax: number;
  readonly clock: Pick<Clock, "nowMs">;
  /** Without it javascript-lp-solver does what is exact. */
  readonly highs?: HighsRuntime | undefined;
  /** Called with each split that the checker refuses. */
  readonly onRefused?: (reason: string) => void;
}

export interface SolvedNetwork {
  readonly problem: SplitProblem;
  readonly split: CertifiedSplit;
  /** Which solver made the split, how good it is, and why it was not a better one. */
  readonly proof: string;
}

/** Who is asked, one after the other, until the checker agrees. */
const solvers: readonly SolverName[] = ["auto", "gradient", "capacity-weighted"];

/** A split that is found wrong is not published; undefined where all are, or some chain has no way. `before`: where to begin. */
export function solveNetwork(
  network: SplitNetwork,
  input: SolveInput,
  before: SolvedNetwork | undefined,
): SolvedNetwork | undefined {
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable") return undefined;
  const { problem } = prepared;
  let earlier: EarlierSplit | undefined = before && { ...before.split, problem: before.problem };
  for (const name of solvers) {
    const split = certifiedSplit(problem, solverNamed(name, optionsOf(input)), { earlier });
    const reason = wrongWith(problem, split);
    if (split.kind === "certified" && reason === undefined)
      return { problem, split, proof: proofOf(split, split.solver ?? name) };
    input.onRefused?.(`${name}: ${reason}`);
    // It may be what misled the solver.
    earlier = undefined;
  }
  return undefined;
}

function optionsOf({ variablesMax, splitMsMax, clock, highs }: SolveInput) {
  const dueMs = clock.nowMs() + splitMsMax;
  return { variablesMax, highs, secondsMax: splitMsMax / 1000, isOverdue: () => clock.nowMs() >= dueMs };
}

function wrongWith(problem: SplitProblem, split: ReturnType<typeof certifiedSplit>): string | undefined {
  if (split.kind !== "certified") return split.kind === "failed" ? split.reason : `${split.variables} variables`;
  const checked = checkSplit(problem, split);
  return checked.kind === "wrong" ? checked.reason : undefined;
}

function proofOf(split: CertifiedSplit, solver: string): string {
  const remark = split.remark === undefined ? "" : ` (${split.remark})`;
  return `the ${solver} solver's split is at most ${gapPercent(split)} % above the optimum${remark}`;
}

/** Rounded up, so that it stays true. */
function gapPercent({ utilisation, lowerBound }: CertifiedSplit): string {
  const gap = lowerBound > 0 ? utilisation.max / lowerBound - 1 : 0;
  return (Math.ceil(gap * 1000 - 1e-6) / 10).toFixed(1);
}
