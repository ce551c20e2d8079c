/** kube-scheduler alone or with an extender, each program in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Component } from "../../control-plane/component.ts";
import { type Stanza, schedulerConfiguration } from "../../control-plane/end-to-end/scheduler-stanza.ts";
import { startWeft, type WeftProcess } from "../../control-plane/end-to-end/weft-process.ts";
import { type SchedulerConfiguration, startScheduler } from "../../control-plane/kube-scheduler.ts";
import type { BenchCluster } from "./bench-cluster.ts";

export interface SubjectContext {
  readonly cluster: BenchCluster;
  readonly nodeCount: number;
  /** Where Node writes CPU profiles of `weft scheduler`; none unless told. */
  readonly profileFolder?: string | undefined;
}

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

export async function startWithConstants(
  { cluster, nodeCount }: SubjectContext,
  stanza: Stanza,
): Promise<RunningSubject> {
  const child = fork(path.join(import.meta.dirname, "constant-extender.ts"), [String(nodeCount)]);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  const kubeScheduler = await startScheduler(cluster.connection, { configuration: configurationOf(stanza, url) });
  return { kubeScheduler, stop: () => stopBoth(kubeScheduler, () => ended(child)) };
}

export async function startWithWeft(
  context: SubjectContext,
  stanza: Stanza,
  args: readonly string[] = [],
): Promise<RunningSubject> {
  const { connection } = context.cluster;
  const linkFilter = ["--set", `linkFilter.isEnabled=${stanza !== "prioritize.yaml"}`];
  const weft = await startWeftScheduler(context, [...linkFilter, ...args]);
  const kubeScheduler = await startScheduler(connection, { configuration: configurationOf(stanza, weft.url) });
  return { kubeScheduler, weft, stop: () => stopBoth(kubeScheduler, weft.terminate) };
}

function startWeftScheduler({ cluster, profileFolder }: SubjectContext, args: readonly string[]): Promise<WeftProcess> {
  const profiling = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  return startWeft(cluster.connection, "scheduler", ["--lease-namespace", "default", ...args], profiling);
}

function configurationOf(stanza: Stanza, extenderUrl: string): SchedulerConfiguration {
  return { ...schedulerConfiguration(stanza, extenderUrl), clientConnection };
}

async function stopBoth(kubeScheduler: Component, stopExtender: () => Promise<unknown>): Promise<void> {
  await kubeScheduler.stop();
  await stopExtender();
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
