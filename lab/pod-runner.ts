/** Runs one pod in this process: its sample function and its proxy, each as they run in a container. */
import { randomBytes } from "node:crypto";
import { type SampleName, sampleCatalogue } from "../cnf-samples/catalogue.ts";
import type { RunningSample } from "../cnf-samples/sample.ts";
import type { Pod } from "../core/model/pod.ts";
import { WeftError } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { type ProxyConfigInput, proxyConfigSchema } from "../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../mesh-proxy/start-proxy.ts";
import type { Container } from "../platform/schema/deployment.ts";
import { readConfig } from "../platform/yaml/read-config.ts";
import { sampleArguments } from "./sample-arguments.ts";

export interface PodRun {
  readonly pod: Pod;
  readonly address: string;
  readonly container: Pick<Container, "args" | "env">;
  readonly controlUrl: string;
  /** Of its proxy's configuration, besides what follows from the pod. */
  readonly proxy?: Partial<ProxyConfigInput> | undefined;
  /** Addresses by Service name, for functions that are dialled past the mesh. */
  readonly hosts: ReadonlyMap<string, string>;
}

export interface PodDeps {
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
}

export interface RunningPod {
  readonly pod: Pod;
  readonly sample: RunningSample;
  readonly proxy: RunningProxy;
  /** The function first, so that the proxy can finish what it had begun. */
  stop(): Promise<void>;
}

/** @throws WeftError manifest-invalid, config-invalid or listen-failed */
export async function runPod(run: PodRun, deps: PodDeps): Promise<RunningPod> {
  const proxy = await startPodProxy(run, deps);
  try {
    const sample = await startSample(run, deps);
    return { pod: run.pod, sample, proxy, stop: () => stopPod(sample, proxy) };
  } catch (error) {
    await proxy.stop({ drainMs: 0 });
    throw error;
  }
}

async function startPodProxy({ pod, address, controlUrl, proxy }: PodRun, deps: PodDeps): Promise<RunningProxy> {
  const { namespace, name } = pod;
  const own = { namespace, pod: name, podAddress: address, appHost: address, upstreamHost: address };
  return startProxy(proxyConfigSchema.parse({ ...proxy, ...own, controlUrl }), deps);
}

async function startSample(run: PodRun, { clock, log }: PodDeps): Promise<RunningSample> {
  const { sample, set } = sampleArguments(run.container, { podAddress: run.address, hosts: run.hosts });
  if (!isSampleName(sample)) {
    const known = Object.keys(sampleCatalogue).join(", ");
    throw new WeftError("manifest-invalid", `args: there is no sample ${sample}; there are ${known}`);
  }
  const { configSchema, start } = sampleCatalogue[sample];
  return start(readConfig(configSchema, { set }), { nowMs: () => clock.nowMs(), randomBytes, log });
}

function isSampleName(name: string): name is SampleName {
  return Object.hasOwn(sampleCatalogue, name);
}

async function stopPod(sample: RunningSample, proxy: RunningProxy): Promise<void> {
  await sample.stop();
  await proxy.stop({ drainMs: 0 });
}
