/**
 * Maglev's table (Eisenbud et al., Maglev: a fast and reliable software network load balancer, NSDI 2016, section 3.4): endpoints take turns,
 * by weight, to fill slots in orders of their own. Shares are as even as slots allow; when an endpoint goes, few clients of others move.
 */
import { finish, hashText } from "../hash.ts";
import type { BalancedEndpoint, Policy } from "./policy.ts";
import { spareAfter } from "./spare-after.ts";

/** Primes. With a hundred slots for an endpoint shares differ by less than a hundredth. */
const SIZES = [1021, 4093, 16_381, 65_521] as const;
const SLOTS_PER_ENDPOINT = 100;
const [SEED_OFFSET, SEED_SKIP] = [0x7f4a7c15, 0x2c1b3c6d];
/** Of slots of excluded endpoints, before the others are asked one by one. */
const TRIES = 8;

/** Made with the first pick, O(slots); a pick costs O(1), and O(n) where most endpoints are excluded. */
export function maglev<E extends BalancedEndpoint>(endpoints: readonly E[]): Policy<E> {
  const table = spareAfter(endpoints, tableOf);
  return {
    pick({ client: { high, low } }, isExcluded) {
      return table(({ slots, members }) => {
        let hash = finish(high ^ finish(low));
        for (let tries = 0; tries < TRIES; tries++, hash = finish(hash + 1)) {
          const member = members[slots[hash % slots.length] as number] as E;
          if (isExcluded?.(member) !== true) return member;
        }
        const left = members.filter((member) => isExcluded?.(member) !== true);
        return left[hash % left.length];
      }, isExcluded);
    },
  };
}

interface Table<E> {
  /** Indexes of members. */
  readonly slots: Int32Array;
  readonly members: readonly E[];
}

function tableOf<E extends BalancedEndpoint>(members: readonly E[]): Table<E> {
  const size = SIZES.find((each) => each >= SLOTS_PER_ENDPOINT * members.length) ?? (SIZES.at(-1) as number);
  const slots = new Int32Array(size).fill(-1);
  const heaviest = Math.max(...members.map(({ weight }) => weight));
  const parts = members.map(({ weight }) => (heaviest > 0 ? weight / heaviest : 1));
  const skips = members.map(({ pod }) => (hashText(pod, SEED_SKIP) % (size - 1)) + 1);
  const at = members.map(({ pod }) => hashText(pod, SEED_OFFSET) % size);
  const turns = new Float64Array(members.length);
  for (let filled = 0; filled < size; ) {
    for (const [member, part] of parts.entries()) {
      turns[member] = (turns[member] as number) + part;
      if ((turns[member] as number) < 1) continue;
      turns[member] = (turns[member] as number) - 1;
      let slot = at[member] as number;
      while (slots[slot] !== -1) slot = (slot + (skips[member] as number)) % size;
      slots[slot] = member;
      at[member] = slot;
      if (++filled === size) break;
    }
  }
  return { slots, members };
}
