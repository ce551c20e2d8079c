/**
 * Weighted rendezvous hashing: every flow ranks all endpoints by a score of its own and takes the best, so that the same
 * flow always finds the same endpoint, and a change of endpoints moves no more flows than it must.
 */
import type { IsExcluded, Weighted } from "./endpoint-order.ts";
import type { FlowKey } from "./flow-key.ts";
import { finish, hashText } from "./hash.ts";

export interface RendezvousPicker<E> {
  /**
   * Highest score -weight / ln(u), with u in (0, 1) hashed from flow and pod: then the chance to win is the share of the
   * weight (Schindelhauer and Schomaker, Weighted distributed hash tables, 2005). O(n).
   * @returns undefined when there is no endpoint, or every one is excluded
   */
  pick(key: FlowKey, isExcluded?: IsExcluded<E>): E | undefined;
}

const SEED_A = 0x9747b28c;
const SEED_B = 0x3c6ef372;

export function createRendezvousPicker<E extends Weighted & { readonly pod: string }>(
  endpoints: readonly E[],
): RendezvousPicker<E> {
  const seedsA = Int32Array.from(endpoints, ({ pod }) => hashText(pod, SEED_A) | 0);
  const seedsB = Int32Array.from(endpoints, ({ pod }) => hashText(pod, SEED_B) | 0);
  return {
    pick(key, isExcluded) {
      let best: E | undefined;
      let bestScore = 0;
      let isBestSpare = true;
      for (let i = 0; i < endpoints.length; i++) {
        const endpoint = endpoints[i] as E;
        const isSpare = endpoint.weight === 0;
        const score =
          (isSpare ? -1 : -endpoint.weight) / Math.log(uniformOf(key, seedsA[i] as number, seedsB[i] as number));
        const isBetter = isSpare === isBestSpare ? score > bestScore : isBestSpare;
        if (!isBetter || isExcluded?.(endpoint) === true) continue;
        best = endpoint;
        bestScore = score;
        isBestSpare = isSpare;
      }
      return best;
    },
  };
}

/** In (0, 1), of 52 bits, so that neither 0 nor 1 comes out of rounding. */
function uniformOf(key: FlowKey, seedA: number, seedB: number): number {
  const high = finish(finish(key.high ^ seedA) ^ key.low);
  const low = finish(finish(key.low ^ seedB) ^ key.high);
  return ((high >>> 6) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 52;
}
