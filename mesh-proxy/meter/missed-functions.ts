/** What became of flows whose function was not there, by chain and function. */
import type { FailurePolicy } from "../../core/model/chain.ts";

export interface MissedFunction {
  readonly chain: string;
  readonly function: string;
  bypassedCount: number;
  blockedCount: number;
}

export class MissedFunctions {
  private readonly byFunction = new Map<string, MissedFunction>();

  /** A pod is an instance of few functions, in few chains. */
  count(chain: string, name: string, failurePolicy: FailurePolicy): void {
    const key = `${chain}\n${name}`;
    const missed = this.byFunction.get(key) ?? { chain, function: name, bypassedCount: 0, blockedCount: 0 };
    if (failurePolicy === "Bypass") missed.bypassedCount++;
    else missed.blockedCount++;
    this.byFunction.set(key, missed);
  }

  all(): readonly Readonly<MissedFunction>[] {
    return [...this.byFunction.values()];
  }
}
