/**
 * Consistent hashing on a ring (Karger et al., Consistent hashing and random trees, 1997): every endpoint has points on it by its weight,
 * and a client belongs to the next point. One that goes gives its clients to its neighbours, and moves nobody else's.
 */
import type { FlowKey } from "../flow-key.ts";
import { finish, hashText } from "../hash.ts";
import type { BalancedEndpoint, Policy } from "./policy.ts";
import { spareAfter } from "./spare-after.ts";

/** Of an endpoint of mean weight; endpoints differ by about 1 / sqrt of it. */
const POINTS_PER_ENDPOINT = 256;
const POINTS_MAX = 65_536;
const SEED = 0x68bc21eb;

/** Made with the first pick, O(points * log points); a pick costs O(log points), more where endpoints are excluded. */
export function ringHash<E extends BalancedEndpoint>(endpoints: readonly E[]): Policy<E> {
  const ring = spareAfter(endpoints, (takers) => ringOf(takers));
  return {
    pick({ client }, isExcluded) {
      return ring((made) => next(made, client, isExcluded), isExcluded);
    },
  };
}

interface Ring<E> {
  /** Sorted. */
  readonly points: Uint32Array;
  readonly owners: readonly E[];
}

function ringOf<E extends BalancedEndpoint>(endpoints: readonly E[]): Ring<E> {
  const total = endpoints.reduce((sum, { weight }) => sum + Math.max(weight, 0), 0);
  const points = Math.min(POINTS_MAX, POINTS_PER_ENDPOINT * endpoints.length);
  const all = endpoints.flatMap((endpoint) => {
    const share = total > 0 ? endpoint.weight / total : 1 / endpoints.length;
    const seed = hashText(endpoint.pod, SEED);
    return Array.from({ length: Math.max(1, Math.round(share * points)) }, (_, index) => ({
      at: finish(seed ^ finish(index + 1)),
      endpoint,
    }));
  });
  all.sort((a, b) => a.at - b.at);
  return { points: Uint32Array.from(all, ({ at }) => at), owners: all.map(({ endpoint }) => endpoint) };
}

function next<E>(
  { points, owners }: Ring<E>,
  { high, low }: FlowKey,
  isExcluded: ((endpoint: E) => boolean) | undefined,
): E | undefined {
  const at = finish(high ^ finish(low));
  let [from, to] = [0, points.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((points[middle] as number) < at) from = middle + 1;
    else to = middle;
  }
  for (let step = 0; step < points.length; step++) {
    const owner = owners[(from + step) % points.length] as E;
    if (isExcluded?.(owner) !== true) return owner;
  }
  return undefined;
}
