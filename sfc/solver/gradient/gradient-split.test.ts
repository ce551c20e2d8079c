import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { present } from "../../../core/model/invariant.ts";
import { parseSplitNetwork } from "../../../platform/schema/split-network.ts";
import { certifiedSplit } from "../certified-split.ts";
import { splitProblemOf } from "../split-problem.ts";
import { gradientSplit } from "./gradient-split.ts";

/** Found by a linear program. */
const OPTIMUM = 0.8916715625;

test("on a leaf-spine network the split and its own bound enclose the optimum, 1 % apart at most", () => {
  const network = parseSplitNetwork(JSON.parse(readFileSync("test/data/leaf-spine-100.json", "utf8")));
  const prepared = splitProblemOf(present(network.kind === "parsed" ? network.value : undefined, "network"));
  const problem = present(prepared.kind === "unreachable" ? undefined : prepared.problem, "problem");
  const split = certifiedSplit(problem, (each) => gradientSplit(each));
  if (split.kind !== "certified") throw new Error(split.kind);
  expect(split.lowerBound).toBeLessThanOrEqual(OPTIMUM * (1 + 1e-9));
  expect(split.utilisation.max).toBeGreaterThanOrEqual(OPTIMUM * (1 - 1e-9));
  expect(split.utilisation.max / split.lowerBound).toBeLessThanOrEqual(1.0101);
});
