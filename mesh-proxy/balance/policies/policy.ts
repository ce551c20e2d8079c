/** What every way of balancing an upstream's load is asked, and answers. */
import type { IsExcluded, Weighted } from "../endpoint-order.ts";
import type { FlowKey } from "../flow-key.ts";

/** Of one new connection or request. */
export interface Choice {
  /** Random, in [0, 1). */
  readonly uniform: number;
  /** Of the client, for policies that keep a client where it is. */
  readonly client: FlowKey;
  /** It is only asked who it would be, and nobody takes a turn. */
  readonly isAsking?: boolean | undefined;
}

/** Over a list of endpoints that does not change. */
export interface Policy<E> {
  /** @returns undefined when there is no endpoint, or every one is excluded */
  pick(choice: Choice, isExcluded?: IsExcluded<E>): E | undefined;
}

export type BalancedEndpoint = Weighted & { readonly pod: string };

/** How much is in an endpoint's way now, at least 0; smaller is better. */
export type LoadOf<E> = (endpoint: E) => number;
