import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { checkSplit } from "../solver/check-split.ts";
import { type SolvedNetwork, type SolveInput, solveNetwork } from "./solve-network.ts";

const input: SolveInput = { variablesMax: 0, splitMsMax: 60_000, clock: { nowMs: () => 0 } };

test("a split goes on from the one before, and says who made it and how good it is", () => {
  const before = solveNetwork(randomNetwork(10), input, undefined);
  const network = {
    ...randomNetwork(10),
    chains: randomNetwork(10).chains.map((each) => ({ ...each, demand: 1.1 * each.demand })),
  };
  const solved = solveNetwork(network, input, before);
  expect(solved?.proof).toMatch(
    /^the gradient solver's split is at most \d\.\d % above the optimum \(\d+ variables are more than/,
  );
  expect(solved && checkSplit(solved.problem, solved.split)).toMatchObject({ kind: "checked" });
});

test("a split that the checker refuses is told, and the next solver is asked, which begins afresh", () => {
  const good = solveNetwork(randomNetwork(10), input, undefined);
  if (!good) throw new Error("no split");
  const flows = good.split.flows.map((ofChain) => ofChain.map(() => Number.NaN));
  const bad: SolvedNetwork = { ...good, split: { ...good.split, flows } };
  const refused: string[] = [];
  const solved = solveNetwork(randomNetwork(10), { ...input, onRefused: (reason) => refused.push(reason) }, bad);
  expect(refused).toEqual([expect.stringMatching(/^auto: chain c\d: .* leaves source/)]);
  expect(solved?.split.utilisation.max).toBe(good.split.utilisation.max);
  expect(solved && checkSplit(solved.problem, solved.split)).toMatchObject({ kind: "checked" });
});

test("where no way leads there is no split", () => {
  const network = randomNetwork(10);
  expect(solveNetwork({ ...network, links: [] }, input, undefined)).toBeUndefined();
});
