/** Whether a new path fails more often than the one before it did. */
import { moreFailuresByChance, type Trials } from "../../../core/stats/fisher-exact.ts";

export interface ErrorLimits {
  /** With fewer attempts on either path nothing is said. */
  readonly attemptsMin: number;
  /** By how much more of the attempts must fail, as a part of them. */
  readonly errorRise: number;
  /** Chance is believed in when it explains so much with at least this probability. */
  readonly significance: number;
}

export interface ErrorVerdict {
  readonly kind: "worse" | "alike" | "unknown";
  /** For people, with figures. */
  readonly reason: string;
}

/**
 * Worse when all of this holds: both paths have `attemptsMin` attempts; the part that fails is larger by more than `errorRise`; and
 * chance alone would do that with a probability p below `significance` (Fisher's exact test, one-sided). The second keeps a chain
 * of much traffic, where any difference is significant, from changing for what nobody notices.
 */
export function judgeErrors(now: Trials, before: Trials, limits: ErrorLimits): ErrorVerdict {
  const { attemptsMin, errorRise, significance } = limits;
  const figures = `${parts(now)} on it, ${parts(before)} on the path before it`;
  if (Math.min(now.attempts, before.attempts) < attemptsMin)
    return { kind: "unknown", reason: `${figures}; nothing is said of fewer than ${attemptsMin} attempts` };
  const rise = now.failures / now.attempts - before.failures / before.attempts;
  const chance = moreFailuresByChance(now, before);
  const words = `${figures} (p ${chance < 1e-9 ? "< 1e-9" : `= ${chance.toPrecision(2)}`})`;
  return { kind: rise > errorRise && chance < significance ? "worse" : "alike", reason: words };
}

function parts({ attempts, failures }: Trials): string {
  const percent = attempts > 0 ? (100 * failures) / attempts : 0;
  return `${failures} of ${attempts} attempts failed (${percent.toFixed(1)} %)`;
}
