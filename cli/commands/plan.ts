import { type Command, InvalidArgumentError } from "commander";
import type { PlanProgress } from "../../scheduler/placement/search/plan-placement.ts";
import type { PlanAnswer } from "../../scheduler/plan/plan-answer.ts";
import { runPlan } from "../../scheduler/plan/run-plan.ts";

interface PlanFlags {
  readonly scenario: string;
  readonly seconds: number;
  readonly movesMax?: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

const SECONDS_MAX = 24 * 60 * 60;
const PROGRESS_INTERVAL_MS = 1000;

export function addCommand(program: Command): void {
  const command = program
    .command("plan")
    .description(
      "place the services of a scenario file where their traffic is, within capacities and a number of moves",
    )
    .requiredOption("--scenario <file>", "nodes, services and traffic, JSON")
    .option("--seconds <number>", "how long to search", numberBetween(0.01, SECONDS_MAX), 10)
    .option("--moves-max <number>", "most replicas that may move", wholeNumber)
    .option("--seed <number>", "another one searches other ways", wholeNumber, 1)
    .option("--out <file>", "where the answer goes, JSON")
    .option("--json", "print the answer")
    .action(async (flags: PlanFlags) => {
      if (flags.out === undefined && !flags.json) command.error("error: say --out <file>, --json or both");
      const answer = await runPlan({
        scenarioPath: flags.scenario,
        seconds: flags.seconds,
        movesMax: flags.movesMax,
        seed: flags.seed,
        outPath: flags.out,
        onProgress: progressTo(process.stderr),
      });
      process.stdout.write(`${flags.json ? JSON.stringify(answer) : summaryOf(answer)}\n`);
    });
}

function summaryOf(answer: PlanAnswer): string {
  const { initialGainedAffinity, gainedAffinity, moves, curve, violations, initialViolations = [], seconds } = answer;
  const lines = [
    `gained affinity ${gainedAffinity.toFixed(4)}, at first ${initialGainedAffinity.toFixed(4)}; ${moves} moves; ${seconds.toFixed(1)} s`,
    ...curve.slice(0, -1).map((point) => `  ${point.moves} moves buy ${point.gainedAffinity.toFixed(4)}`),
    ...initialViolations.map((violation) => `at first broken: ${JSON.stringify(violation)}`),
    ...violations.map((violation) => `still broken: ${JSON.stringify(violation)}`),
  ];
  return lines.join("\n");
}

function progressTo(stream: NodeJS.WritableStream): (progress: PlanProgress) => void {
  let nextMs = performance.now() + PROGRESS_INTERVAL_MS;
  return ({ spent, gained, moved, movesMax }) => {
    if (performance.now() < nextMs) return;
    nextMs += PROGRESS_INTERVAL_MS;
    const within = movesMax === Number.POSITIVE_INFINITY ? "" : ` of ${movesMax}`;
    stream.write(
      `${(100 * spent).toFixed(0).padStart(3)} %  gained affinity ${gained.toFixed(4)}, ${moved}${within} moves\n`,
    );
  };
}

function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most))
      throw new InvalidArgumentError(`must be a number from ${least} to ${most}`);
    return value;
  };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 0 to 999999999");
  return Number(text);
}
