/** Divisions of the nodes in a scenario file: by label, the value of each node in the order of the nodes. */
import { z } from "zod";
import type { ScenarioApart, ScenarioDomains, ScenarioSpread } from "../../core/model/placement-scenario.ts";

const DIVISIONS_MAX = 64;
const RULES_MAX = 1000;
const NODES_MAX = 20_000;

const label = z.string().min(1).max(317);
/** Null for a node without the label. */
const value = z.union([z.string().max(63), z.int().min(0)]).nullable();

export const domainsSchema = z
  .record(label, z.array(value).max(NODES_MAX))
  .refine((domains) => Object.keys(domains).length <= DIVISIONS_MAX, { error: `at most ${DIVISIONS_MAX}` })
  .describe("By label, the value of each node in the order of the nodes; null for a node without it.");

export const spreadSchema = z
  .array(z.object({ domains: label, skewMax: z.int().min(1) }))
  .max(RULES_MAX)
  .describe("Of the domains that the service may stand in, the fullest has at most so many more than the emptiest.");

export const apartSchema = z
  .array(z.object({ domains: label, service: z.string().min(1).max(253) }))
  .max(RULES_MAX)
  .describe("Services of which no replica shares a domain with any of this one; its own name: at most one in each.");

export type DomainsFile = z.output<typeof domainsSchema>;

/** Domains are numbered in the order of the nodes. */
export function domainsOf(file: DomainsFile): readonly ScenarioDomains[] {
  return Object.entries(file).map(([name, values]) => {
    const numbers = new Map<string | number, number>();
    const numberOf = (each: string | number) => {
      const number = numbers.get(each) ?? numbers.size;
      numbers.set(each, number);
      return number;
    };
    return { name, ofNode: values.map((each) => (each === null ? -1 : numberOf(each))) };
  });
}

/** The way back; what the values were is not known any more. */
export function domainsFileOf(domains: readonly ScenarioDomains[]): DomainsFile {
  return Object.fromEntries(
    domains.map(({ name, ofNode }) => [name, ofNode.map((number) => (number < 0 ? null : number))]),
  );
}

/** `spread` and `apart` speak of domains by label in a file, by number in a scenario. */
export function spreadOf(rules: z.output<typeof spreadSchema>, labels: readonly string[]): readonly ScenarioSpread[] {
  return rules.map(({ domains, skewMax }) => ({ domains: labels.indexOf(domains), skewMax }));
}

export function apartOf(rules: z.output<typeof apartSchema>, labels: readonly string[]): readonly ScenarioApart[] {
  return rules.map(({ domains, service }) => ({ domains: labels.indexOf(domains), service }));
}
