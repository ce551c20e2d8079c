/** Any policy that goes by weight, while some endpoints have only a part of theirs: it is made anew now and then as they warm up. */
import type { BalancedEndpoint, Policy } from "./policy.ts";

export interface Warming<E> {
  /** Over endpoints with the weights that they have now. */
  create(endpoints: readonly Warmed<E>[]): Policy<Warmed<E>>;
  /** In (0, 1], at a time. */
  partOf(endpoint: E, nowMs: number): number;
  readonly nowMs: () => number;
  /** Parts are asked for this often at most, ms. */
  readonly stepMs: number;
}

export interface Warmed<E> extends BalancedEndpoint {
  readonly endpoint: E;
}

/** A pick costs what the policy costs, and every {@link Warming.stepMs} O(n); while something warms up, also the making of the policy. */
export function warmingPolicy<E extends BalancedEndpoint>(
  endpoints: readonly E[],
  { create, partOf, nowMs, stepMs }: Warming<E>,
): Policy<E> {
  const made = (parts: readonly number[]) =>
    create(
      endpoints.map((endpoint, at) => ({
        pod: endpoint.pod,
        weight: endpoint.weight * (parts[at] ?? 1),
        endpoint,
      })),
    );
  let policy: Policy<Warmed<E>> | undefined;
  let known: readonly number[] = [];
  let dueMs = -Infinity;
  return {
    pick(choice, isExcluded) {
      const atMs = nowMs();
      if (policy === undefined || atMs >= dueMs) {
        dueMs = atMs + stepMs;
        const parts = endpoints.map((endpoint) => partOf(endpoint, atMs));
        if (policy === undefined || parts.some((part, at) => part !== known[at])) policy = made(parts);
        known = parts;
      }
      return policy.pick(choice, isExcluded && (({ endpoint }) => isExcluded(endpoint)))?.endpoint;
    },
  };
}
