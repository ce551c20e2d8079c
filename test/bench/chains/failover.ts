/** Instances that die under load, in many rounds: how long until each flow goes on elsewhere, and what is lost. */
import { quantile } from "../../../core/stats/quantile.ts";
import type { ProxyConfigInput } from "../../../mesh-proxy/proxy-config.ts";
import { seededRandom } from "../../builders/random-network.ts";
import { type BenchMesh, startBenchMesh } from "./bench-mesh.ts";
import type { PodSeen } from "./bench-pod.ts";
import { type BenchPod, type ChainWorld, chainWorld, listenPortOf, type PodRole, protocols } from "./chain-world.ts";
import type { LoadSeen } from "./client-load.ts";
import type { FlowTarget } from "./flow-exchange.ts";
import { openPodNetwork, type PodLink } from "./pod-network.ts";
import { wallMs } from "./wall-clock.ts";

export interface FailoverSpec {
  readonly name: string;
  /** `killed`: SIGKILL of the pod's process. `cut`: its link goes down, and nothing answers. */
  readonly death: "killed" | "cut";
  readonly rounds: number;
  readonly seed: number;
  /** How long a round is watched after the death. */
  readonly watchMs: number;
  readonly proxy: Partial<ProxyConfigInput>;
}

export type LossKind = (typeof lossKinds)[number];
/** HTTP/1.1 apart by whether a proxy may send a request again. */
export const lossKinds = ["GET", "POST", "TCP", "h2c"] as const;

export interface FailoverResult {
  readonly kind: LossKind;
  /** Flows that were on the instance when it died, in all rounds. */
  readonly flows: number;
  /** From the death until a request that was sent after it was answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /**
   * Requests that failed: sent before the instance's death, sent after it on a connection that it had been on and whose end was
   * not known yet, sent later, and on flows elsewhere.
   */
  readonly lostInFlight: number;
  readonly lostUnaware: number;
  readonly lostLater: number;
  readonly lostElsewhere: number;
  readonly requests: number;
}

const flowsOfProtocol = 16;
const intervalMs = 50;
const settleMs = 1000;
/** Longer than `ejectionMs` below, and than a silent host takes to be back. */
const recoverMs = 1800;

export async function measureFailover(
  spec: FailoverSpec,
  progress: (line: string) => void,
): Promise<readonly FailoverResult[]> {
  const { world, mesh, deaths, stop } = await startWorld(spec);
  const random = seededRandom(spec.seed);
  const found = new Map<LossKind, Found>(lossKinds.map((kind) => [kind, { recoveriesMs: [], lostInFlight: 0, lostUnaware: 0, lostLater: 0, lostElsewhere: 0, requests: 0 }])); // biome-ignore format: short
  try {
    const targets = flowTargets(world);
    await mesh.startLoad(targets, intervalMs);
    const instances = world.pods.filter(({ role }) => role === "function");
    for (let at = 0; at < spec.rounds; at++) {
      const victim = instances[Math.floor(random() * instances.length)];
      if (victim === undefined) throw new Error("there is no instance");
      const round = await oneRound(mesh, victim, { deaths, watchMs: spec.watchMs });
      for (const [flow, target] of targets.entries()) note(found.get(kindOf(target)), flow, round);
      progress(`${spec.name}: ${victim.name} died under ${round.onVictim.size} of ${targets.length} flows`);
    }
  } finally {
    await stop();
  }
  return [...found].map(([kind, each]) => resultOf(kind, each));
}

interface Deaths {
  die(victim: BenchPod): Promise<void>;
  revive(victim: BenchPod): Promise<void>;
}

/** Each pod on an address that its death can reach: on loopback a link cannot be cut. */
async function startWorld({ death, proxy }: FailoverSpec) {
  const isCut = death === "cut";
  const roles: readonly PodRole[] = ["client", "destination", "function"];
  const [block, controlHost] = isCut ? ["10.80", "10.80.0.1"] : ["127.80", "127.80.0.1"];
  const world = chainWorld({
    clients: 1,
    ports: protocols,
    functions: ["fw", "dpi"],
    instances: 4,
    destinations: 2,
    addressOf: (number, role) => `${block}.${1 + roles.indexOf(role)}.${number + 1}`,
  });
  const network = isCut ? openPodNetwork() : undefined;
  const links = new Map<BenchPod, PodLink>();
  network?.takeAddress(controlHost);
  for (const pod of network === undefined ? [] : world.pods) {
    if (pod.role === "function") links.set(pod, (await network?.attach(pod.address)) as PodLink);
    else network?.takeAddress(pod.address);
  }
  const mesh = await startBenchMesh({
    world,
    controlHost,
    sfc: { activationDelayMs: 100, drainMs: 1000 },
    proxy: { ejectionMs: 1000, ...proxy },
    networkOf: (pod) => links.get(pod)?.pid,
  });
  const deaths: Deaths = isCut
    ? { die: async (pod) => links.get(pod)?.cut(), revive: async (pod) => links.get(pod)?.mend() }
    : { die: (pod) => mesh.killPod(pod), revive: (pod) => mesh.startPod(pod) };
  const stop = async () => {
    await mesh.stop();
    network?.close();
  };
  return { world, mesh, deaths, stop };
}

function flowTargets({ pods }: ChainWorld): readonly FlowTarget[] {
  const host = pods.find(({ role }) => role === "client")?.address ?? "";
  return protocols.flatMap((protocol, at) =>
    Array.from({ length: flowsOfProtocol }, (_, number) => ({
      protocol,
      host,
      port: listenPortOf(at),
      isPost: protocol === "http1" && number % 2 === 1,
    })),
  );
}

interface Round {
  readonly onVictim: ReadonlySet<number>;
  readonly before: LoadSeen;
  readonly seen: LoadSeen;
  /** Just before the death, and just after it. */
  readonly deathMs: number;
  readonly goneMs: number;
}

async function oneRound(
  mesh: BenchMesh,
  victim: BenchPod,
  { deaths, watchMs }: { readonly deaths: Deaths; readonly watchMs: number },
): Promise<Round> {
  await mesh.takePods();
  await mesh.reopenFlows();
  await pause(settleMs);
  const before = await mesh.takeLoad();
  const onVictim = flowsOn(victim, await mesh.takePods(), before.localPorts);
  const deathMs = wallMs();
  await deaths.die(victim);
  const goneMs = wallMs();
  await pause(watchMs);
  const seen = await mesh.takeLoad();
  await deaths.revive(victim);
  await pause(recoverMs);
  return { onVictim, before, seen, deathMs, goneMs };
}

function flowsOn(
  victim: BenchPod,
  pods: ReadonlyMap<BenchPod, PodSeen>,
  localPorts: readonly number[],
): ReadonlySet<number> {
  const ports = new Set(pods.get(victim)?.flows.map(({ client }) => Number(client.slice(client.lastIndexOf(":") + 1))));
  return new Set(localPorts.keys().filter((flow) => ports.has(localPorts[flow] ?? 0)));
}

interface Found {
  recoveriesMs: number[];
  lostInFlight: number;
  lostUnaware: number;
  lostLater: number;
  lostElsewhere: number;
  requests: number;
}

function note(found: Found | undefined, flow: number, { onVictim, before, seen, deathMs, goneMs }: Round): void {
  if (found === undefined) return;
  const asks = seen.asks.filter((ask) => ask.flow === flow);
  const lost = asks.filter(({ failure }) => failure !== undefined);
  found.requests += asks.length;
  if (!onVictim.has(flow)) {
    found.lostElsewhere += lost.length;
    return;
  }
  const atDeath = before.openedCounts[flow] ?? 0;
  for (const { sentAtMs, connection } of lost) {
    if (sentAtMs <= goneMs) found.lostInFlight++;
    else if (connection <= atDeath) found.lostUnaware++;
    else found.lostLater++;
  }
  const next = asks.find(({ sentAtMs, failure }) => sentAtMs > goneMs && failure === undefined);
  found.recoveriesMs.push(next === undefined ? Number.POSITIVE_INFINITY : next.endedAtMs - deathMs);
}

function resultOf(kind: LossKind, { recoveriesMs, ...counts }: Found): FailoverResult {
  const sorted = recoveriesMs.toSorted((a, b) => a - b);
  const at = (part: number) => quantile(sorted, part) ?? Number.NaN;
  return { kind, flows: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), ...counts };
}

function kindOf({ protocol, isPost }: FlowTarget): LossKind {
  if (protocol === "http1") return isPost ? "POST" : "GET";
  return protocol === "tcp" ? "TCP" : "h2c";
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
