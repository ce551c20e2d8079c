/**
 * The better of two: both are drawn by weight, and the one with less in its way for its weight is taken (Mitzenmacher, The power of
 * two choices in randomized load balancing, 2001). What a proxy knows of load is its own alone; herds do not form, since the best of all is
 * never looked for.
 */
import { again, createWeightedPicker } from "../weighted-picker.ts";
import type { BalancedEndpoint, LoadOf, Policy } from "./policy.ts";

/** A pick costs O(1), and O(n) where an endpoint that was drawn is excluded. */
export function twoChoices<E extends BalancedEndpoint>(endpoints: readonly E[], loadOf: LoadOf<E>): Policy<E> {
  const drawn = createWeightedPicker(endpoints);
  const burden = (endpoint: E) => loadOf(endpoint) / (endpoint.weight > 0 ? endpoint.weight : 1);
  return {
    pick({ uniform }, isExcluded) {
      const first = drawn.pick(uniform, isExcluded);
      if (first === undefined) return undefined;
      const isOut = (endpoint: E) => endpoint === first || isExcluded?.(endpoint) === true;
      // A spare is no choice beside what is none.
      const second = drawn.pick(again(uniform), isOut);
      if (second === undefined || (second.weight === 0 && first.weight > 0)) return first;
      return burden(second) < burden(first) ? second : first;
    },
  };
}
