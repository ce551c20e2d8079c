/** Placement scenarios in few words, and any small ones for properties. */
import fc from "fast-check";
import type {
  PlacementScenario,
  PlannedPlacement,
  ScenarioService,
  ScenarioTraffic,
} from "../../core/model/placement-scenario.ts";

export interface ServiceWords {
  readonly replicas?: number;
  readonly cpu?: number;
  readonly memory?: number;
  readonly nodes?: readonly string[];
  readonly perNodeMax?: number;
  readonly initial?: Readonly<Record<string, number>>;
  readonly pinned?: Readonly<Record<string, number>>;
}

export interface ScenarioWords {
  /** CPU by node name; memory is plenty. */
  readonly nodes: Readonly<Record<string, number>>;
  readonly services: Readonly<Record<string, ServiceWords>>;
  readonly traffic: readonly (readonly [from: string, to: string, weight: number])[];
}

export function scenarioOf({ nodes, services, traffic }: ScenarioWords): PlacementScenario {
  return {
    name: "small",
    resources: ["cpu", "memory"],
    nodes: Object.entries(nodes).map(([name, cpu]) => ({ name, capacity: [cpu, 100] })),
    services: Object.entries(services).map(([name, words]) => serviceOf(name, words)),
    traffic: traffic.map(([from, to, weight]): ScenarioTraffic => ({ from, to, weight })),
  };
}

/** Counts by service and node. */
export function placementOfWords(words: Readonly<Record<string, Readonly<Record<string, number>>>>): PlannedPlacement {
  return new Map(Object.entries(words).map(([service, byNode]) => [service, new Map(Object.entries(byNode))]));
}

function serviceOf(name: string, words: ServiceWords): ScenarioService {
  const { replicas = 1, cpu = 1, memory = 0, nodes, perNodeMax, initial = {}, pinned = {} } = words;
  return {
    name,
    replicas,
    request: [cpu, memory],
    nodes,
    perNodeMax,
    initial: new Map(Object.entries(initial)),
    pinned: new Map(Object.entries(pinned)),
  };
}

/** Up to four nodes and five services whose replicas all stand somewhere, within every limit. */
export const anyScenario: fc.Arbitrary<PlacementScenario> = fc
  .record({
    slack: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 4 }),
    services: fc.array(
      fc.record({
        cpu: fc.integer({ min: 1, max: 3 }),
        memory: fc.integer({ min: 0, max: 2 }),
        standing: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
        isBound: fc.boolean(),
        isPinned: fc.boolean(),
      }),
      { minLength: 2, maxLength: 5 },
    ),
    pairs: fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 }),
  })
  .map(({ slack, services, pairs }) => {
    const names = slack.map((_, node) => `n${node}`);
    const used = slack.map(() => [0, 0]);
    const drawn = services.map(({ cpu, memory, standing, isBound, isPinned }, index): ScenarioService => {
      const initial = new Map<string, number>();
      for (const draw of standing) {
        const node = draw % names.length;
        initial.set(`n${node}`, (initial.get(`n${node}`) ?? 0) + 1);
        for (const [r, need] of [cpu, memory].entries()) (used[node] ?? [])[r] = (used[node]?.[r] ?? 0) + need;
      }
      const [first] = initial.keys();
      return {
        name: `s${index}`,
        replicas: standing.length,
        request: [cpu, memory],
        nodes: isBound ? [...new Set([...initial.keys(), "n0"])] : undefined,
        perNodeMax: undefined,
        initial,
        pinned: isPinned && first !== undefined ? new Map([[first, 1]]) : new Map(),
      };
    });
    return {
      name: "any",
      resources: ["cpu", "memory"],
      nodes: names.map((name, node) => ({
        name,
        capacity: (used[node] ?? []).map((amount) => amount + (slack[node] ?? 0)),
      })),
      services: drawn,
      traffic: pairs.map(([from, to, weight]) => ({
        from: `s${from % drawn.length}`,
        to: `s${to % drawn.length}`,
        weight,
      })),
    };
  });
