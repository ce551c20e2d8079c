/**
 * In turn, each as often as its weight says, and never in bursts: every endpoint gains its weight at every turn, the highest sum is
 * picked and pays the total (the smooth weighted round robin of nginx). Its turns are its own: proxies do not take them together.
 */
import { eligible } from "../endpoint-order.ts";
import type { BalancedEndpoint, Policy } from "./policy.ts";

/** A pick costs O(n). */
export function roundRobin<E extends BalancedEndpoint>(endpoints: readonly E[]): Policy<E> {
  const credit = new Map<E, number>();
  return {
    pick({ uniform, isAsking }, isExcluded) {
      const { endpoints: takers, weightOf } = eligible(endpoints, isExcluded);
      // Many proxies that begin at once would all begin with the first.
      const start = Math.floor(uniform * takers.length);
      let best: E | undefined;
      let bestCredit = -Infinity;
      let total = 0;
      for (let turn = 0; turn < takers.length; turn++) {
        const endpoint = takers[(start + turn) % takers.length] as E;
        const weight = weightOf(endpoint);
        const gained = (credit.get(endpoint) ?? 0) + weight;
        if (isAsking !== true) credit.set(endpoint, gained);
        total += weight;
        if (gained <= bestCredit) continue;
        best = endpoint;
        bestCredit = gained;
      }
      if (best !== undefined && isAsking !== true) credit.set(best, bestCredit - total);
      return best;
    },
  };
}
