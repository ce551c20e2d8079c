import { CheapestCarriage } from "./cheapest-carriage.ts";
import { type ExcessNetwork, excessNetworkOf } from "./excess-network.ts";
import type { SharedLoad, SiteProblem } from "./site-problem.ts";

/** Sums may miss a site's excess by this part of it; less than that is nothing. */
const ROUNDING = 1e-12;

/**
 * Shares what is over the sites' capacities among the sites with room that are near: as much of it as fits, and of all ways to do so one
 * with the least sum of amount * delay. `checkSharing` proves it from the answer's prices.
 *
 * Steps are few times as many as sites. After `stepsMax` what is not carried yet stays, and the check says how far that is from the optimum.
 */
export function shareLoad(problem: SiteProblem, stepsMax = 1_000_000): SharedLoad {
  const network = excessNetworkOf(problem);
  const carriage = new CheapestCarriage(network);
  let steps = 0;
  while (steps < stepsMax && carriage.step()) steps += 1;
  return { ...carriedBy(network, carriage.flows), pricesMs: pricesOf(network, carriage.potentialsMs) };
}

function carriedBy(network: ExcessNetwork, flows: Float64Array): Pick<SharedLoad, "transfers" | "left"> {
  const { sites, tails, heads, amounts, senderCount } = network;
  const nameOf = (node: number) => sites[node]?.name ?? "";
  const transfers = [...flows.entries()]
    .filter(([arc, amount]) => amount > ROUNDING * (amounts[tails[arc] ?? 0] ?? 0) && (heads[arc] ?? 0) < sites.length)
    .map(([arc, amount]) => ({ from: nameOf(tails[arc] ?? 0), to: nameOf(heads[arc] ?? 0), amount }));
  const sent = new Map<string, number>();
  for (const { from, amount } of transfers) sent.set(from, (sent.get(from) ?? 0) + amount);
  const left = sites.slice(0, senderCount).map(({ name: site }, node) => {
    const excess = amounts[node] ?? 0;
    const amount = excess - (sent.get(site) ?? 0);
    return { site, amount: amount > ROUNDING * excess ? amount : 0 };
  });
  return { transfers, left: left.filter(({ amount }) => amount > 0) };
}

/** Of an overloaded site its distance from the end of all ways; of another by how much less its room is worth than the dearest in use. */
function pricesOf({ sites, nodeCount, senderCount }: ExcessNetwork, potentialsMs: Float64Array) {
  const endMs = potentialsMs[nodeCount] ?? 0;
  return new Map(
    sites.map(({ name }, node) => {
      const price = endMs - (potentialsMs[node] ?? 0);
      return [name, node < senderCount ? price : Math.max(0, price)];
    }),
  );
}
