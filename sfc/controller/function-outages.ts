/** Which functions of a chain have no ready instance, and since when. */
import type { FunctionOutage } from "../../core/model/chain.ts";
import type { ChainFinding } from "./examine-chain.ts";

/** One that lasts keeps its time. Of a chain that is not accepted there are none: its traffic goes straight. */
export function functionOutages(
  before: readonly FunctionOutage[],
  finding: ChainFinding,
  nowMs: number,
): readonly FunctionOutage[] {
  if (finding.kind === "rejected") return [];
  const { bypassed, blocking } = finding.without;
  const outages = [
    ...bypassed.map((name) => ({ function: name, effect: "Bypassed" }) as const),
    ...blocking.map((name) => ({ function: name, effect: "Blocking" }) as const),
  ];
  // As the status has it.
  const secondMs = Math.floor(nowMs / 1000) * 1000;
  return outages.map((outage) => ({ ...outage, sinceMs: sameAs(outage, before)?.sinceMs ?? secondMs }));
}

/** The same function with the same effect. */
export function sameAs(
  outage: Omit<FunctionOutage, "sinceMs">,
  all: readonly FunctionOutage[],
): FunctionOutage | undefined {
  return all.find((each) => each.function === outage.function && each.effect === outage.effect);
}

export function outageText({ function: name, effect }: Omit<FunctionOutage, "sinceMs">): string {
  const what = effect === "Bypassed" ? "traffic goes around it" : "traffic is stopped";
  return `${name} has no ready instance: ${what}`;
}
