/** The file that `weft sites` reads. */
import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import type { SiteProblem } from "../../mesh-control/sites/site-problem.ts";
import { parseWith } from "./parse-with.ts";

const SITES_MAX = 10_000;
const DELAYS_MAX = 1_000_000;

const name = z.string().min(1).max(253);
const amount = z.number().min(0);

const siteProblem = z.strictObject({
  oneWayMsMax: z.number().positive().describe("Excess goes no farther than this."),
  sites: z
    .array(z.strictObject({ name, capacity: amount, load: amount }))
    .min(1)
    .max(SITES_MAX)
    .describe("Capacity and load in one unit per second."),
  delays: z
    .array(z.strictObject({ a: name, b: name, oneWayMs: amount }))
    .max(DELAYS_MAX)
    .describe("The same both ways; a pair without one is not near."),
});

export function parseSiteProblem(input: unknown): Parsed<SiteProblem> {
  const parsed = parseWith(siteProblem, input);
  return parsed.kind === "rejected" ? parsed : (wrongName(parsed.value) ?? parsed);
}

function wrongName({ sites, delays }: SiteProblem): (Parsed<never> & { readonly kind: "rejected" }) | undefined {
  const known = new Set<string>();
  for (const [index, site] of sites.entries()) {
    if (known.has(site.name)) return rejected(`sites[${index}].name`, `${site.name} is there twice`);
    known.add(site.name);
  }
  for (const [index, delay] of delays.entries()) {
    const end = (["a", "b"] as const).find((key) => !known.has(delay[key]));
    if (end) return rejected(`delays[${index}].${end}`, `there is no site ${delay[end]}`);
    if (delay.a === delay.b) return rejected(`delays[${index}].b`, "is the same site");
  }
  return undefined;
}

function rejected(field: string, reason: string) {
  return { kind: "rejected", field, reason } as const;
}
