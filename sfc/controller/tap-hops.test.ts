import { expect, test } from "vitest";
import { chainCluster, putChain, putFunction, putPod } from "../../test/builders/chain-cluster.ts";
import { clusterStateOf } from "./cluster-state.ts";
import { examineChain, type RunnableChain } from "./examine-chain.ts";
import { hopsPastTaps, withTaps } from "./tap-hops.ts";

/** Past ids, which stands on n1 twice, through the firewall, past ids and log. */
function tapped(): RunnableChain {
  const cluster = chainCluster();
  for (const name of ["ids", "log"]) putFunction(cluster, { name, mode: "Tap" });
  putPod(cluster, "ids-1", "n1", "ids");
  putPod(cluster, "ids-2", "n1", "ids");
  putPod(cluster, "log-1", "n2", "log");
  const chain = putChain(cluster, { functions: ["ids", "firewall", "log"] });
  const finding = examineChain(chain, clusterStateOf(cluster));
  if (finding.kind !== "runnable") throw new Error(`chain is ${finding.kind}`);
  return finding;
}

const split = [
  {
    serviceIndex: 1,
    function: "firewall",
    weights: [
      { from: "n1", to: "firewall-1", weight: 10_000 },
      { from: "n2", to: "firewall-2", weight: 10_000 },
    ],
  },
  {
    serviceIndex: 0,
    function: undefined,
    weights: [
      { from: "firewall-1", to: "dn-1", weight: 10_000 },
      { from: "firewall-2", to: "dn-1", weight: 10_000 },
    ],
  },
];

test("taps get their copies from who passes traffic on, on its own node where they stand there", () => {
  const hops = withTaps(split, tapped());
  expect(hops.map((hop) => [hop.serviceIndex, hop.function])).toEqual([
    [3, "ids"],
    [2, "firewall"],
    [1, "log"],
    [0, undefined],
  ]);
  const half = (from: string, to: string) => ({ from, to, weight: 5000 });
  expect(hops[0]?.weights).toEqual([
    half("n1", "ids-1"),
    half("n1", "ids-2"),
    half("n2", "ids-1"),
    half("n2", "ids-2"),
  ]);
  expect(hops[2]?.weights).toEqual([
    { from: "firewall-1", to: "log-1", weight: 10_000 },
    { from: "firewall-2", to: "log-1", weight: 10_000 },
  ]);
});

test("the split of a path with taps is found again", () => {
  const chain = tapped();
  const again = hopsPastTaps(withTaps(split, chain), chain);
  expect(again.map(({ weights }) => weights)).toEqual(split.map(({ weights }) => weights));
  expect(withTaps(split, { ...chain, taps: [] })).toEqual(split);
});
