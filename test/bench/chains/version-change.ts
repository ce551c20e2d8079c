/** Paths that change version under steady load: one chain's, a tenth, all at once; and the same load while nothing changes. */
import { quantile } from "../../../core/stats/quantile.ts";
import { type BenchMesh, startBenchMesh } from "./bench-mesh.ts";
import type { PodSeen } from "./bench-pod.ts";
import {
  type BenchPod,
  type ChainWorld,
  chainWorld,
  type FlowProtocol,
  listenPortOf,
  type PodRole,
  protocols,
} from "./chain-world.ts";
import type { LoadSeen } from "./client-load.ts";
import type { ControlFigures, Renewal } from "./control-side.ts";
import type { FlowTarget } from "./flow-exchange.ts";

export interface VersionSpec {
  readonly chains: number;
  /** How long each window is watched at least. */
  readonly seconds: number;
}

export interface VersionResult {
  readonly firstPathsMs: number;
  readonly windows: readonly VersionWindow[];
}

export interface VersionWindow {
  readonly changed: number;
  readonly requests: number;
  readonly failed: number;
  /** The most frequent reason, for the log. */
  readonly failures: string;
  /** Connections that clients lost. */
  readonly reopened: number;
  /** Flows that reached an instance which they need not have, by their path. */
  readonly moved: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Undefined while nothing changes. */
  readonly activeMs: number | undefined;
  readonly runningMs: number | undefined;
  readonly lookMs: number;
  readonly lookCount: number;
  readonly buildMs: number;
  readonly buildCount: number;
  /** Of all pods: the largest snapshot, the longest time to apply one, and the longest that one's event loop stood still. */
  readonly snapshotBytes: number;
  readonly applyMs: number;
  readonly stallMs: number;
}

const portsOfClient = 40;
const functionsOfChain = 2;
/** Each chain has one flow, which asks this often. */
const intervalMs = 4000;
const warmUpsMax = 5;
const warmMs = 100;
const activationDelayMs = 2000;
const drainMs = 4000;

export async function measureVersionChanges(
  spec: VersionSpec,
  progress: (line: string) => void,
): Promise<VersionResult> {
  const world = worldOf(spec);
  progress(`starting ${world.pods.length} pods for ${world.chains.length} chains`);
  const mesh = await startBenchMesh({
    world,
    controlHost: "127.81.0.1",
    sfc: { activationDelayMs, drainMs },
    proxy: {},
  });
  const count = world.chains.length;
  try {
    await mesh.startLoad(flowTargets(world), intervalMs);
    await warmUp(mesh, progress);
    const windows: VersionWindow[] = [];
    for (const changed of [0, 1, Math.max(1, Math.floor(count / 10)), count]) {
      const window = await watch(mesh, world, { changed, watchMs: spec.seconds * 1000 });
      const { requests, failed, failures } = window;
      progress(`${changed} of ${count} chains changed: ${failed} of ${requests} requests failed ${failures}`);
      windows.push(window);
    }
    return { firstPathsMs: mesh.firstPathsMs, windows };
  } finally {
    await mesh.stop();
  }
}

/** Until everything has been compiled that is going to be: then requests take no longer than they have to. */
async function warmUp(mesh: BenchMesh, progress: (line: string) => void): Promise<void> {
  for (let round = 0; round < warmUpsMax; round++) {
    const before = await mesh.takeLoad();
    await pause(2 * intervalMs);
    const { requests, failed, p99Ms } = loadFigures(before, await mesh.takeLoad());
    if (requests > 0 && failed === 0 && p99Ms < warmMs) return;
    progress(`warming up: ${failed} of ${requests} requests failed, p99 ${p99Ms.toFixed(0)} ms`);
  }
}

function worldOf({ chains }: VersionSpec): ChainWorld {
  const roles: readonly PodRole[] = ["client", "destination", "function"];
  const ports = Array.from({ length: portsOfClient }, (_, port) => protocolOf(port));
  return chainWorld({
    clients: Math.max(1, Math.round(chains / ports.length)),
    ports,
    functions: ["fw", "dpi", "nat"],
    instances: 5,
    destinations: 4,
    addressOf: (number, role) => `127.81.${1 + roles.indexOf(role)}.${number + 1}`,
  });
}

function protocolOf(port: number): FlowProtocol {
  return protocols[port % protocols.length] ?? "tcp";
}

/** One flow for each chain, in the order of the chains. */
function flowTargets({ pods, chains }: ChainWorld): readonly FlowTarget[] {
  const clients = pods.filter(({ role }) => role === "client");
  const portCount = chains.length / clients.length;
  return chains.map((_, at) => {
    const port = at % portCount;
    const host = clients[Math.floor(at / portCount)]?.address ?? "";
    return { protocol: protocolOf(port), host, port: listenPortOf(port), isPost: at % 2 === 0 };
  });
}

async function watch(
  mesh: BenchMesh,
  world: ChainWorld,
  { changed, watchMs }: { readonly changed: number; readonly watchMs: number },
): Promise<VersionWindow> {
  const before = await mesh.takeLoad();
  await mesh.takePods();
  const figuresBefore = await mesh.figures();
  const [renewal] = await Promise.all([changed === 0 ? undefined : mesh.renew(changed), pause(watchMs)]);
  // Old paths are deleted by now, and what that does to flows counts.
  if (changed > 0) await pause(drainMs + activationDelayMs);
  const load = await mesh.takeLoad();
  const pods = await mesh.takePods();
  return {
    changed,
    ...loadFigures(before, load),
    ...podFigures(pods),
    ...controlFigures(figuresBefore, await mesh.figures()),
    ...renewalFigures(renewal),
    moved: movedCount(flowTargets(world), { changed, localPorts: before.localPorts, pods }),
  };
}

function loadFigures(before: LoadSeen, { asks, openedCounts }: LoadSeen) {
  const latencies = asks.filter(({ failure }) => failure === undefined).map(({ sentAtMs, endedAtMs }) => endedAtMs - sentAtMs); // biome-ignore format: short
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    requests: asks.length,
    failed: asks.length - latencies.length,
    failures: mostFrequent(asks.flatMap(({ failure }) => failure ?? [])),
    reopened: openedCounts.reduce((sum, count, flow) => sum + count - (before.openedCounts[flow] ?? 0), 0),
    p50Ms: quantile(sorted, 0.5) ?? Number.NaN,
    p99Ms: quantile(sorted, 0.99) ?? Number.NaN,
  };
}

function mostFrequent(reasons: readonly string[]): string {
  const counted = [...Map.groupBy(reasons, (reason) => reason)].toSorted(([, a], [, b]) => b.length - a.length);
  const [first] = counted;
  return first === undefined ? "" : `(${first[0]}: ${first[1].length})`;
}

function podFigures(pods: ReadonlyMap<BenchPod, PodSeen>) {
  const all = [...pods.values()];
  return {
    snapshotBytes: Math.max(...all.map(({ snapshotBytes }) => snapshotBytes)),
    applyMs: Math.max(0, ...all.flatMap(({ applyMs }) => applyMs)),
    stallMs: Math.max(...all.map(({ stallMsMax }) => stallMsMax)),
  };
}

function controlFigures(before: ControlFigures, after: ControlFigures) {
  const [lookCount, buildCount] = [after.lookCount - before.lookCount, after.buildCount - before.buildCount];
  return {
    lookCount,
    lookMs: lookCount === 0 ? 0 : (after.lookMsSum - before.lookMsSum) / lookCount,
    buildCount,
    buildMs: buildCount === 0 ? 0 : (after.buildMsSum - before.buildMsSum) / buildCount,
  };
}

function renewalFigures(renewal: Renewal | undefined) {
  return {
    activeMs: renewal && renewal.activeAtMs - renewal.askedAtMs,
    runningMs: renewal && renewal.runningAtMs - renewal.askedAtMs,
  };
}

interface Movement {
  readonly changed: number;
  readonly localPorts: readonly number[];
  readonly pods: ReadonlyMap<BenchPod, PodSeen>;
}

/** A TCP flow has its instances for life; one of HTTP reaches each function once more when its path changes, and only then. */
function movedCount(targets: readonly FlowTarget[], { changed, localPorts, pods }: Movement): number {
  const arrivals = new Map<string, number>();
  for (const { client } of [...pods.values()].flatMap(({ flows }) => flows))
    arrivals.set(client, (arrivals.get(client) ?? 0) + 1);
  return targets.filter(({ protocol, host }, flow) => {
    const allowed = protocol !== "tcp" && flow < changed ? functionsOfChain : 0;
    return (arrivals.get(`${host}:${localPorts[flow]}`) ?? 0) > allowed;
  }).length;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
