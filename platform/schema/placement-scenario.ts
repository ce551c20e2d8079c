/** The file that `weft plan` reads. Keys that it does not know are somebody else's notes, and stay unread. */
import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import type { PlacementScenario, ScenarioService } from "../../core/model/placement-scenario.ts";
import { parseWith } from "./parse-with.ts";
import { contradictionsOf } from "./scenario-contradictions.ts";
import { costsSchema, distancesOf, placeKeys, type ScenarioDistances } from "./scenario-distances.ts";
import { apartOf, apartSchema, domainsOf, domainsSchema, spreadOf, spreadSchema } from "./scenario-domains.ts";
import { amountsOf, resourceNamesOf } from "./scenario-resources.ts";

const NODES_MAX = 20_000;
const SERVICES_MAX = 100_000;
const TRAFFIC_MAX = 1_000_000;
const REPLICAS_MAX = 1_000_000;
const DELAY_TABLES_MAX = 16;
const OTHER_RESOURCES_MAX = 16;

const name = z.string().min(1).max(253);
const amount = z.number().min(0);
const count = z.int().min(0).max(REPLICAS_MAX);
const byNode = z.record(name, count);
const otherResources = z
  .record(name, amount)
  .refine((amounts) => Object.keys(amounts).length <= OTHER_RESOURCES_MAX, { error: `at most ${OTHER_RESOURCES_MAX}` })
  .optional()
  .describe("Besides CPU and memory, by name; what is not named is 0.");

const service = z.object({
  name,
  replicas: count.min(1),
  cpu: amount,
  memory: amount,
  otherResources,
  nodes: z.union([z.literal("*"), z.array(name).min(1).max(NODES_MAX)], { error: 'must be "*" or a list of nodes' }),
  initial: byNode.describe("Replicas by node; what is left of `replicas` is pending."),
  pinned: byNode.optional().describe("Replicas of `initial` that may not move."),
  perNodeMax: z.int().min(1).optional().describe("Most replicas on one node."),
  spread: spreadSchema.optional(),
  apart: apartSchema.optional(),
});

const scenario = z
  .object({
    name: z.string(),
    nodes: z
      .array(z.object({ name, cpu: amount, memory: amount, otherResources, ...placeKeys }))
      .min(1)
      .max(NODES_MAX),
    services: z.array(service).min(1).max(SERVICES_MAX),
    traffic: z.array(z.object({ from: name, to: name, weight: amount })).max(TRAFFIC_MAX),
    domains: domainsSchema.optional(),
    oneWayDelayMs: z
      .record(name, z.array(z.array(amount).max(NODES_MAX)).max(NODES_MAX))
      .refine((tables) => Object.keys(tables).length <= DELAY_TABLES_MAX, {
        error: `at most ${DELAY_TABLES_MAX} tables`,
      })
      .optional()
      .describe("By label, by node and node; a plan uses the one it is asked for."),
    costs: costsSchema.optional(),
  })
  .superRefine((value, context) => {
    for (const { path, message } of contradictionsOf(value)) {
      context.addIssue({ code: "custom", path: [...path], message });
      // The first is enough to name, and a scenario may have very many.
      return;
    }
  });

export type ScenarioFile = z.output<typeof scenario>;

export interface ReadScenario {
  /** Without costs. */
  readonly scenario: PlacementScenario;
  readonly distances: ScenarioDistances;
}

export function parsePlacementScenario(input: unknown): Parsed<PlacementScenario> {
  const parsed = parseWith(scenario, input);
  return parsed.kind === "parsed" ? { kind: "parsed", value: scenarioOf(parsed.value) } : parsed;
}

/** With all that the file says of distances between its nodes. */
export function parseScenarioFile(input: unknown): Parsed<ReadScenario> {
  const parsed = parseWith(scenario, input);
  if (parsed.kind === "rejected") return parsed;
  return { kind: "parsed", value: { scenario: scenarioOf(parsed.value), distances: distancesOf(parsed.value) } };
}

function scenarioOf({ name: ofScenario, nodes, services, traffic, domains }: ScenarioFile): PlacementScenario {
  const labels = Object.keys(domains ?? {});
  const resources = resourceNamesOf({ nodes, services });
  return {
    name: ofScenario,
    resources,
    nodes: nodes.map((node) => ({ name: node.name, capacity: amountsOf(node, resources) })),
    services: services.map(
      (each): ScenarioService => ({
        name: each.name,
        replicas: each.replicas,
        request: amountsOf(each, resources),
        nodes: each.nodes === "*" ? undefined : each.nodes,
        perNodeMax: each.perNodeMax,
        initial: countsOf(each.initial),
        pinned: countsOf(each.pinned ?? {}),
        ...(each.spread ? { spread: spreadOf(each.spread, labels) } : {}),
        ...(each.apart ? { apart: apartOf(each.apart, labels) } : {}),
      }),
    ),
    traffic: traffic.map(({ from, to, weight }) => ({ from, to, weight })),
    ...(domains ? { domains: domainsOf(domains) } : {}),
  };
}

function countsOf(counts: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(counts).filter(([, replicas]) => replicas > 0));
}
