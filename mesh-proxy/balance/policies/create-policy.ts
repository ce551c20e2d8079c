import type { BalancingPolicy } from "../../../core/model/balancing.ts";
import { createWeightedPicker } from "../weighted-picker.ts";
import { maglev } from "./maglev.ts";
import type { BalancedEndpoint, LoadOf, Policy } from "./policy.ts";
import { random } from "./random.ts";
import { ringHash } from "./ring-hash.ts";
import { roundRobin } from "./round-robin.ts";
import { twoChoices } from "./two-choices.ts";

/** What is known of endpoints at the time of a pick, whoever keeps it. */
export interface KnownLoads<E> {
  /** Connections and requests under way. */
  readonly active: LoadOf<E>;
  /** Time that the next one is to expect: the peak of answers of late, times those that wait. */
  readonly expectedMs: LoadOf<E>;
}

export function createPolicy<E extends BalancedEndpoint>(
  name: BalancingPolicy,
  endpoints: readonly E[],
  loads: KnownLoads<E>,
): Policy<E> {
  switch (name) {
    case "weighted": {
      const picker = createWeightedPicker(endpoints);
      return { pick: (choice, isExcluded) => picker.pick(choice.uniform, isExcluded) };
    }
    case "round-robin":
      return roundRobin(endpoints);
    case "random":
      return random(endpoints);
    case "least-request":
      return twoChoices(endpoints, (endpoint) => loads.active(endpoint) + 1);
    case "peak-ewma":
      return twoChoices(endpoints, loads.expectedMs);
    case "ring-hash":
      return ringHash(endpoints);
    case "maglev":
      return maglev(endpoints);
  }
}
