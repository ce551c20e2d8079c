/** Small site problems from a seed: sites on a plane, some overloaded, near each other within a bound that cuts some pairs off. */
import type { SiteProblem } from "../../mesh-control/sites/site-problem.ts";
import { seededRandom } from "./random-network.ts";

export function randomSites(seed: number, siteCount?: number): SiteProblem {
  const random = seededRandom(seed);
  const count = siteCount ?? 2 + Math.floor(random() * 9);
  const sites = Array.from({ length: count }, (_, index) => ({
    name: `s${index}`,
    capacity: Math.floor(random() * 100),
    load: random() < 0.4 ? random() * 200 : random() * 60,
    x: random() * 10,
    y: random() * 10,
  }));
  const delays = sites.flatMap((one, index) =>
    sites.slice(index + 1).map((other) => ({
      a: one.name,
      b: other.name,
      oneWayMs: Math.round(10 * Math.hypot(one.x - other.x, one.y - other.y)) / 10,
    })),
  );
  return {
    sites: sites.map(({ name, capacity, load }) => ({ name, capacity, load })),
    delays,
    oneWayMsMax: 2 + random() * 8,
  };
}
