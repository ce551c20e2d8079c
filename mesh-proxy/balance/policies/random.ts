/** Any endpoint alike, whatever its weight, but for spares. */
import { eligible } from "../endpoint-order.ts";
import type { BalancedEndpoint, Policy } from "./policy.ts";

export function random<E extends BalancedEndpoint>(endpoints: readonly E[]): Policy<E> {
  return {
    pick(choice, isExcluded) {
      const { endpoints: takers } = eligible(endpoints, isExcluded);
      return takers[Math.floor(choice.uniform * takers.length)];
    },
  };
}
