/** The benchmark's programs together: the control side, one program for each pod, and the clients. */
import type { ProxyConfigInput } from "../../../mesh-proxy/proxy-config.ts";
import type { PodSeen, PodSpec } from "./bench-pod.ts";
import { type BenchProgram, startProgram } from "./bench-program.ts";
import type { BenchPod, ChainWorld } from "./chain-world.ts";
import type { LoadSeen } from "./client-load.ts";
import type { ControlFigures, ControlRequest, Renewal, SfcTimes } from "./control-side.ts";
import type { FlowTarget } from "./flow-exchange.ts";

export interface MeshSpec {
  readonly world: ChainWorld;
  readonly controlHost: string;
  readonly sfc: SfcTimes;
  readonly proxy: Partial<ProxyConfigInput>;
  /** A process in whose network namespace a pod runs. */
  readonly networkOf?: ((pod: BenchPod) => number | undefined) | undefined;
}

export interface BenchMesh {
  /** From the first chain in the cluster until every one had its path. */
  readonly firstPathsMs: number;
  startLoad(targets: readonly FlowTarget[], intervalMs: number): Promise<void>;
  reopenFlows(): Promise<void>;
  takeLoad(): Promise<LoadSeen>;
  renew(count: number): Promise<Renewal>;
  figures(): Promise<ControlFigures>;
  /** What each pod has seen since it was asked last. */
  takePods(): Promise<ReadonlyMap<BenchPod, PodSeen>>;
  killPod(pod: BenchPod): Promise<void>;
  startPod(pod: BenchPod): Promise<void>;
  stop(): Promise<void>;
}

/** Started at a time: more would only wait for each other. */
const startsMax = 4;

export async function startBenchMesh({ world, controlHost, sfc, proxy, networkOf }: MeshSpec): Promise<BenchMesh> {
  const control = await startProgram({ file: "control-side.ts" });
  const askControl = <Answer>(question: ControlRequest) => control.ask<Answer>(question);
  const startedMs = performance.now();
  const controlUrl = await askControl<string>({ kind: "start", world, host: controlHost, sfc });
  const firstPathsMs = performance.now() - startedMs;
  const programs = new Map<BenchPod, BenchProgram>();
  const startPod = async (pod: BenchPod) => {
    const { name, address, role } = pod;
    const spec: PodSpec = { name, address, role, controlUrl, proxy };
    const args = [JSON.stringify(spec)];
    programs.set(pod, await startProgram({ file: "bench-pod.ts", args, networkOf: networkOf?.(pod), saysReady: true }));
  };
  await inParallel(world.pods, startPod);
  const load = await startProgram({ file: "client-load.ts" });
  return {
    firstPathsMs,
    startLoad: async (targets, intervalMs) => void (await load.ask({ kind: "start", targets, intervalMs })),
    reopenFlows: async () => void (await load.ask({ kind: "reopen" })),
    takeLoad: () => load.ask<LoadSeen>({ kind: "take" }),
    renew: (count) => askControl<Renewal>({ kind: "renew", count }),
    figures: () => askControl<ControlFigures>({ kind: "figures" }),
    async takePods() {
      const asked = [...programs].map(async ([pod, program]) => [pod, await program.ask<PodSeen>({})] as const);
      return new Map(await Promise.all(asked));
    },
    async killPod(pod) {
      await programs.get(pod)?.kill();
      programs.delete(pod);
    },
    startPod,
    async stop() {
      for (const program of [load, ...programs.values(), control]) await program.kill();
    },
  };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: startsMax }, worker));
}
