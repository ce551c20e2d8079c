/** `weft sites`: reads sites and their delays, shares what is over their capacities, writes the answer. */
import { WeftError } from "../core/model/weft-error.ts";
import { readJsonFile, writeJsonFile } from "../platform/schema/json-file.ts";
import { parseSiteProblem } from "../platform/schema/site-problem.ts";
import { checkSharing } from "./sites/check-sharing.ts";
import { shareLoad } from "./sites/share-load.ts";
import type { LeftExcess, Transfer } from "./sites/site-problem.ts";

export interface SitesCommand {
  readonly sitesPath: string;
  /** Without it the answer is only returned. */
  readonly outPath?: string | undefined;
}

export interface SitesAnswerFile {
  /** Sum of load over capacity, and the part of it that finds no room. */
  readonly excess: number;
  readonly left: number;
  /** Over all transfers. */
  readonly amountTimesDelay: number;
  readonly transfers: readonly Transfer[];
  readonly leftAt: readonly LeftExcess[];
  /** The proof that no sharing leaves less, or carries it on shorter ways. */
  readonly pricesMs: Readonly<Record<string, number>>;
}

/** @throws WeftError network-invalid naming the field and the reason, solver-failed, config-invalid when the answer cannot be written */
export async function runSites({ sitesPath, outPath }: SitesCommand): Promise<SitesAnswerFile> {
  const problem = await readJsonFile(sitesPath, parseSiteProblem, "network-invalid");
  const { transfers, left: leftAt, pricesMs } = shareLoad(problem);
  const verdict = checkSharing(problem, { transfers, left: leftAt, pricesMs });
  if (verdict.kind === "invalid") throw new WeftError("solver-failed", verdict.reason);
  const { left, amountTimesDelay } = verdict;
  const excess = problem.sites.reduce((sum, { load, capacity }) => sum + Math.max(0, load - capacity), 0);
  const answer = { excess, left, amountTimesDelay, transfers, leftAt, pricesMs: Object.fromEntries(pricesMs) };
  if (outPath !== undefined) await writeJsonFile("--out", outPath, answer);
  return answer;
}
