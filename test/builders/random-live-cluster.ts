/** Small live clusters from a seed, whose pods ask for everything that Kubernetes lets them ask for; some stand where they should not. */
import type { NodeObject } from "../../core/model/cluster-node.ts";
import type { PairTraffic } from "../../core/model/placement.ts";
import type { PodObject } from "../../core/model/pod.ts";
import { type NodeWords, nodeObject, type PodWords, podObject } from "./live-cluster.ts";
import { seededRandom } from "./random-network.ts";

export interface RandomLiveCluster {
  readonly nodes: readonly NodeObject[];
  readonly bound: readonly PodObject[];
  readonly pending: readonly PodObject[];
  readonly traffic: readonly PairTraffic[];
}

const zoneLabel = "topology.kubernetes.io/zone";
const hostnameLabel = "kubernetes.io/hostname";

class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  from(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  one<T>(values: readonly T[]): T {
    return values[this.from(0, values.length - 1)] as T;
  }
}

export function randomLiveCluster(seed: number): RandomLiveCluster {
  const dice = new Dice(seed);
  const nodes = Array.from({ length: dice.from(3, 6) }, (_, index) => nodeObject(`n${index}`, anyNode(dice)));
  const names = nodes.map(({ metadata }) => metadata?.name ?? "");
  const bound: PodObject[] = [];
  const pending: PodObject[] = [];
  const keys: string[] = [];
  for (let workload = 0; workload < dice.from(2, 5); workload++) {
    const namespace = dice.one(["core", "core", "edge"]);
    keys.push(`${namespace}/w${workload}`);
    const template = anyTemplate(dice, `w${workload}`);
    const older = dice.chance(0.2) ? anyTemplate(dice, `w${workload}`) : template;
    const standing = dice.one([0, 0, 1, 2, 3]);
    for (let pod = 0; pod < standing; pod++)
      bound.push(
        podObject(`${namespace}/w${workload}-b${pod}`, {
          ...older,
          on: dice.one(names),
          ...(dice.chance(0.1) ? { isLeaving: true } : {}),
        }),
      );
    const wanted = dice.from(0, 4);
    for (let pod = 0; pod < wanted; pod++) {
      const size = dice.chance(0.1) && !template.containers ? { cpu: dice.from(1, 3) } : {};
      pending.push(podObject(`${namespace}/w${workload}-p${pod}`, { ...template, ...size }));
    }
  }
  const traffic = Array.from({ length: 4 }, () => ({
    source: dice.one(keys),
    destination: dice.one(keys),
    bytesPerSecond: dice.from(1, 9),
  }));
  return { nodes, bound, pending, traffic };
}

function anyNode(dice: Dice): NodeWords {
  return {
    cpu: dice.from(3, 9),
    pods: dice.from(4, 12),
    labels: {
      ...(dice.chance(0.93) ? { [zoneLabel]: dice.one(["a", "b", "c"]) } : {}),
      disk: dice.one(["ssd", "hdd"]),
      size: String(dice.from(1, 9)),
    },
    ...(dice.chance(0.12) ? { taints: [{ key: "dedicated", value: "core", effect: dice.one(effects) }] } : {}),
    ...(dice.chance(0.08) ? { unschedulable: true } : {}),
  };
}

const effects = ["NoSchedule", "NoExecute", "PreferNoSchedule"];

function anyTemplate(dice: Dice, app: string): PodWords {
  const labels = { app, tier: dice.one(["front", "back"]), "pod-template-hash": dice.one(["x", "y"]) };
  const selector = () =>
    dice.chance(0.6) ? { matchLabels: { app } } : { matchLabels: { tier: dice.one(["front", "back"]) } };
  const label = () => dice.one([zoneLabel, hostnameLabel, hostnameLabel, "disk"]);
  const term = () => ({
    labelSelector: selector(),
    topologyKey: label(),
    ...(dice.chance(0.2) ? { namespaces: ["core", "edge"] } : {}),
    ...(dice.chance(0.1) ? { namespaceSelector: {} } : {}),
  });
  const apart = dice.chance(0.3) ? [term(), ...(dice.chance(0.3) ? [term()] : [])] : [];
  const near = dice.chance(0.08) ? [term()] : [];
  const spread = dice.chance(0.35)
    ? [anySpread(dice, app, label()), ...(dice.chance(0.2) ? [anySpread(dice, app, label())] : [])]
    : [];
  return {
    labels,
    owner: `StatefulSet/${app}`,
    cpu: dice.from(1, 2),
    ...(dice.chance(0.15) ? { nodeSelector: { disk: dice.one(["ssd", "hdd"]) } } : {}),
    affinity: {
      ...(dice.chance(0.2) ? { nodeAffinity: anyNodeAffinity(dice) } : {}),
      ...(apart.length > 0 ? { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: apart } } : {}),
      ...(near.length > 0 ? { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: near } } : {}),
    },
    ...(dice.chance(0.25) ? { tolerations: [dice.one(anyTolerations)] } : {}),
    // The API server refuses two constraints of one label.
    topologySpreadConstraints: spread.filter(
      ({ topologyKey }, index) => spread.findIndex((other) => other.topologyKey === topologyKey) === index,
    ),
    ...(dice.chance(0.15) ? { containers: [portedContainer(dice)] } : {}),
  };
}

function portedContainer(dice: Dice) {
  const port = { containerPort: 80, hostPort: dice.from(8000, 8001), hostIP: dice.one(["", "127.0.0.1", "127.0.0.2"]) };
  return { name: "app", image: "nowhere.invalid/none", resources: { requests: { cpu: "1" } }, ports: [port] };
}

const anyTolerations = [
  { key: "dedicated", operator: "Exists" },
  { key: "dedicated", operator: "Equal", value: "core", effect: "NoSchedule" },
  { key: "dedicated", operator: "Equal", value: "edge", effect: "NoSchedule" },
  { operator: "Exists" },
];

function anyNodeAffinity(dice: Dice) {
  const terms = [
    { matchExpressions: [{ key: "size", operator: dice.one(["Gt", "Lt"]), values: ["4"] }] },
    { matchExpressions: [{ key: zoneLabel, operator: dice.one(["In", "NotIn"]), values: ["a", "c"] }] },
    { matchFields: [{ key: "metadata.name", operator: "NotIn", values: ["n0"] }] },
  ];
  return {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: dice.chance(0.5) ? [dice.one(terms)] : [dice.one(terms), dice.one(terms)],
    },
  };
}

function anySpread(dice: Dice, app: string, topologyKey: string) {
  const isRequired = dice.chance(0.9);
  return {
    topologyKey,
    maxSkew: dice.from(1, 2),
    whenUnsatisfiable: isRequired ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: { matchLabels: dice.chance(0.85) ? { app } : { tier: dice.one(["front", "back"]) } },
    ...(isRequired && dice.chance(0.15) ? { minDomains: dice.from(1, 4) } : {}),
    ...(dice.chance(0.15) ? { matchLabelKeys: ["pod-template-hash"] } : {}),
    ...(dice.chance(0.2) ? { nodeTaintsPolicy: dice.one(["Honor", "Ignore"] as const) } : {}),
    ...(dice.chance(0.15) ? { nodeAffinityPolicy: dice.one(["Honor", "Ignore"] as const) } : {}),
  };
}
