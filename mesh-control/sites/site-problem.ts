/** Sites that serve the same traffic, which of them are near each other, and how the excess of the full ones is shared. */

export interface Site {
  readonly name: string;
  /** What it can take, and what begins at it: finite, at least 0, in one unit per second, such as bytes. */
  readonly capacity: number;
  readonly load: number;
}

/** The same both ways. Of several for a pair the least counts; a pair without one is not near. */
export interface SiteDelay {
  readonly a: string;
  readonly b: string;
  readonly oneWayMs: number;
}

export interface SiteProblem {
  /** Their names are unique. */
  readonly sites: readonly Site[];
  readonly delays: readonly SiteDelay[];
  /** Excess goes no farther than this. */
  readonly oneWayMsMax: number;
}

export interface Transfer {
  readonly from: string;
  readonly to: string;
  /** Above 0, in the sites' unit. */
  readonly amount: number;
}

export interface SharedLoad {
  readonly transfers: readonly Transfer[];
  /** What is over a site's capacity and fits on no site near enough: it stays where it is. Only sites that have some. */
  readonly left: readonly LeftExcess[];
  /** The proof: by site, what a unit of its excess costs, or what a unit of its room would save, in ms. */
  readonly pricesMs: ReadonlyMap<string, number>;
}

export interface LeftExcess {
  readonly site: string;
  readonly amount: number;
}
