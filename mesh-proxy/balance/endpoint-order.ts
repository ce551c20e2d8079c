/** What both pickers know of the endpoints they choose from. */

export interface Weighted {
  /** At least 0. Endpoints with 0 take traffic, in equal parts, only when no other endpoint can. */
  readonly weight: number;
}

/** Endpoints to pass over this time, such as those that have just failed. */
export type IsExcluded<E> = (endpoint: E) => boolean;

/** The endpoints that can take traffic now with the weights they take it by; empty when every one is excluded. */
export function eligible<E extends Weighted>(
  endpoints: readonly E[],
  isExcluded: IsExcluded<E> | undefined,
): { readonly endpoints: readonly E[]; readonly weightOf: (endpoint: E) => number } {
  const left = isExcluded === undefined ? endpoints : endpoints.filter((endpoint) => !isExcluded(endpoint));
  const weighted = left.filter((endpoint) => endpoint.weight > 0);
  if (weighted.length > 0) return { endpoints: weighted, weightOf: (endpoint) => endpoint.weight };
  return { endpoints: left, weightOf: () => 1 };
}
