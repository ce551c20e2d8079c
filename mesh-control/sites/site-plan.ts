/** Where the load of each site goes, as parts of it. */
import { checkSharing } from "./check-sharing.ts";
import { shareLoad } from "./share-load.ts";
import type { SharedLoad, SiteProblem } from "./site-problem.ts";

export interface SitePlan {
  readonly problem: SiteProblem;
  readonly shared: Pick<SharedLoad, "transfers" | "left">;
  /** Why the check refused what was found; then nothing is shared. */
  readonly refusal: string | undefined;
  /**
   * Parts of what begins at the site, by the site that takes them; they sum to 1. Undefined where there is nothing to go by: a site of
   * which nothing is known, or one without capacity from which nothing can be carried.
   */
  partsFrom(site: string): ReadonlyMap<string, number> | undefined;
}

/** Of more, which takes many nodes without zones, the load is not shared. */
export const SITES_MAX = 500;

/** What stays over capacity stays at its site, or goes with the rest where the site has no capacity at all. */
export function sitePlanOf(problem: SiteProblem): SitePlan {
  const { shared, refusal } = checkedSharing(problem);
  const sites = new Map(problem.sites.map((site) => [site.name, site]));
  const transfersFrom = Map.groupBy(shared.transfers, ({ from }) => from);

  function partsFrom(name: string): ReadonlyMap<string, number> | undefined {
    const site = sites.get(name);
    if (!site) return undefined;
    const transfers = transfersFrom.get(name) ?? [];
    const sent = transfers.reduce((sum, { amount }) => sum + amount, 0);
    const kept = site.capacity > 0 ? Math.max(0, site.load - sent) : 0;
    if (kept + sent <= 0) return site.capacity > 0 ? new Map([[name, 1]]) : undefined;
    const parts = new Map(transfers.map(({ to, amount }) => [to, amount / (kept + sent)]));
    return kept > 0 ? parts.set(name, kept / (kept + sent)) : parts;
  }

  return { problem, shared, refusal, partsFrom };
}

function checkedSharing(problem: SiteProblem): Pick<SitePlan, "shared" | "refusal"> {
  const nothing = { transfers: [], left: [] };
  const { length } = problem.sites;
  if (length > SITES_MAX) return { shared: nothing, refusal: `there are ${length} sites, more than ${SITES_MAX}` };
  const shared = shareLoad(problem);
  const verdict = checkSharing(problem, shared);
  return verdict.kind === "valid" ? { shared, refusal: undefined } : { shared: nothing, refusal: verdict.reason };
}
