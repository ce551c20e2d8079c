/** `weft sites`: reads sites and their delays, shares what is over their capacities, writes the answer. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { parseSiteProblem } from "../platform/schema/site-problem.ts";
import { checkSharing } from "./sites/check-sharing.ts";
import { shareLoad } from "./sites/share-load.ts";
import type { LeftExcess, SiteProblem, Transfer } from "./sites/site-problem.ts";

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

const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** @throws WeftError network-invalid naming the field and the reason, solver-failed, config-invalid when the answer cannot be written */
export async function runSites({ sitesPath, outPath }: SitesCommand): Promise<SitesAnswerFile> {
  const problem = await readProblem(sitesPath);
  const { transfers, left: leftAt, pricesMs } = shareLoad(problem);
  const verdict = checkSharing(problem, { transfers, left: leftAt, pricesMs });
  if (verdict.kind === "invalid") throw new WeftError("solver-failed", verdict.reason);
  const { left, amountTimesDelay } = verdict;
  const excess = problem.sites.reduce((sum, { load, capacity }) => sum + Math.max(0, load - capacity), 0);
  const answer = { excess, left, amountTimesDelay, transfers, leftAt, pricesMs: Object.fromEntries(pricesMs) };
  if (outPath !== undefined) await writeAnswer(outPath, answer);
  return answer;
}

async function readProblem(path: string): Promise<SiteProblem> {
  const parsed = parseSiteProblem(await readJson(path));
  if (parsed.kind === "parsed") return parsed.value;
  const field = parsed.field === "" ? "" : `${parsed.field}: `;
  throw new WeftError("network-invalid", `${path}: ${field}${parsed.reason}`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes, more than ${FILE_BYTES_MAX}`);
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new WeftError("network-invalid", `${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function writeAnswer(path: string, answer: SitesAnswerFile): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(answer)}\n`);
  } catch (error) {
    throw new WeftError("config-invalid", `--out: ${messageOf(error)}`, { cause: error });
  }
}
