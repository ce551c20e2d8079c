/** kube-scheduler alone or with an extender, each program in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import type { Component } from "../../control-plane/component.ts";
import { type Stanza, schedulerConfiguration } from "../../control-plane/end-to-end/scheduler-stanza.ts";
import { startWeft, type WeftProcess } from "../../control-plane/end-to-end/weft-process.ts";
import { type SchedulerConfiguration, startScheduler } from "../../control-plane/kube-scheduler.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export interface SubjectContext {
  readonly cluster: BenchCluster;
  readonly nodeCount: number;
  /** Of the slices. */
  readonly namespaces: readonly string[];
  /** Where Node writes CPU profiles of `weft scheduler`; none unless told. */
  readonly profileFolder?: string | undefined;
}

/** Pods as a way of scheduling needs them. */
export type PodShape = (pods: readonly V1Pod[], flows: TrafficProfile) => readonly V1Pod[];

export interface RunningSubject {
  readonly kubeScheduler: Component;
  readonly weft?: WeftProcess;
  stop(): Promise<void>;
}

/** Its own limit of 50 requests a second would be all that is measured. */
const clientConnection = { qps: 5000, burst: 5000 };

export async function startAlone({ connection }: BenchCluster): Promise<RunningSubject> {
  const kubeScheduler = await startScheduler(connection, { configuration: { clientConnection } });
  return { kubeScheduler, stop: kubeScheduler.stop };
}

/** kube-scheduler does not know of Weft, which plans the pods that have its gate, and lets them go. */
export async function startGates(context: SubjectContext): Promise<RunningSubject> {
  const weft = await startWeftScheduler(context, []);
  const { kubeScheduler } = await startAlone(context.cluster);
  return { kubeScheduler, weft, stop: () => stopInOrder(kubeScheduler.stop, weft.terminate) };
}

/** kube-scheduler alone, and somebody who takes gates off and does nothing else. */
export async function startUngating({ cluster }: SubjectContext): Promise<RunningSubject> {
  const gateKeeper = await forkServer("bare-gate-keeper.ts", cluster.connection.paths.adminKubeconfig);
  const { kubeScheduler } = await startAlone(cluster);
  return { kubeScheduler, stop: () => stopInOrder(kubeScheduler.stop, gateKeeper.stop) };
}

export async function startWithConstants(
  { cluster, nodeCount }: SubjectContext,
  stanza: Stanza,
): Promise<RunningSubject> {
  const extender = await forkServer("constant-extender.ts", String(nodeCount));
  const configuration = configurationOf(stanza, extender.url);
  const kubeScheduler = await startScheduler(cluster.connection, { configuration });
  return { kubeScheduler, stop: () => stopInOrder(kubeScheduler.stop, extender.stop) };
}

/** Weft knows the flows by the annotations of the pods, and of whatever `args` tell. */
export async function startWithWeft(
  context: SubjectContext,
  stanza: Stanza,
  args: readonly string[] = [],
): Promise<RunningSubject> {
  const { connection } = context.cluster;
  const linkFilter = ["--set", `linkFilter.isEnabled=${stanza !== "prioritize.yaml"}`];
  const weft = await startWeftScheduler(context, [...linkFilter, ...args]);
  const kubeScheduler = await startScheduler(connection, { configuration: configurationOf(stanza, weft.url) });
  return { kubeScheduler, weft, stop: () => stopInOrder(kubeScheduler.stop, weft.terminate) };
}

/** Weft has measured the flows of all slices, and goes on doing so. */
export async function startMeasuring(
  context: SubjectContext,
  stanza: Stanza,
  args: readonly string[] = [],
): Promise<RunningSubject> {
  const prometheus = await forkServer("metrics-server.ts", context.namespaces.join(","));
  const running = await startWithWeft(context, stanza, ["--prometheus", prometheus.url, ...args]);
  await waitUntil(() => hasRates(running.weft), { what: "weft scheduler has read rates", timeoutMs: 60_000 });
  return { ...running, stop: () => stopInOrder(running.stop, prometheus.stop) };
}

async function hasRates(weft: WeftProcess | undefined): Promise<boolean> {
  const { isStale } = (await (await fetch(`${weft?.url}/v1/flows?flowsMax=1`)).json()) as { readonly isStale: boolean };
  return !isStale;
}

function startWeftScheduler({ cluster, profileFolder }: SubjectContext, args: readonly string[]): Promise<WeftProcess> {
  const nodeArguments = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  // As in deploy/base/scheduler.
  const deployed = ["--lease-namespace", "default", "--set", "zeroScores=left-out"];
  return startWeft(cluster.connection, "scheduler", [...deployed, ...args], { nodeArguments });
}

function configurationOf(stanza: Stanza, extenderUrl: string): SchedulerConfiguration {
  return { ...schedulerConfiguration(stanza, extenderUrl), clientConnection };
}

interface ForkedServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server that tells its URL by a message. */
async function forkServer(file: string, argument: string): Promise<ForkedServer> {
  const child = fork(path.join(import.meta.dirname, file), [argument]);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { url, stop: () => ended(child) };
}

async function stopInOrder(...stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const stop of stops) await stop();
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
