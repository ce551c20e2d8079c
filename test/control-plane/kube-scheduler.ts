/** The real kube-scheduler, with a configuration under test. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Component, startComponent } from "./component.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";

/** A `KubeSchedulerConfiguration` (kubescheduler.config.k8s.io/v1); the harness adds the kubeconfig and turns leader election off. */
export type SchedulerConfiguration = {
  readonly clientConnection?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
};

export type SchedulerOptions = {
  /** Default: the scheduler's own defaults. */
  readonly configuration?: SchedulerConfiguration;
  /** klog verbosity, 0 to 10; 5 shows why an extender's answer is dropped, 10 all scores. Default 2. */
  readonly verbosity?: number;
  /** Unique among those that run at one time. Default `kube-scheduler`. */
  readonly name?: string;
};

export function startScheduler(connection: ControlPlaneConnection, options: SchedulerOptions = {}): Promise<Component> {
  const { paths, binaries } = connection;
  const name = options.name ?? "kube-scheduler";
  const configPath = join(paths.folder, `${name}.config.json`);
  writeFileSync(configPath, JSON.stringify(completeConfiguration(connection, options.configuration ?? {}), null, 2));
  const args = [
    `--config=${configPath}`,
    `--authentication-kubeconfig=${paths.schedulerKubeconfig}`,
    `--authorization-kubeconfig=${paths.schedulerKubeconfig}`,
    `--v=${options.verbosity ?? 2}`,
  ];
  return startComponent(connection, { name, path: binaries.kubeScheduler, args, readyPath: "/readyz" });
}

function completeConfiguration(
  { paths }: ControlPlaneConnection,
  given: SchedulerConfiguration,
): SchedulerConfiguration {
  return {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    ...given,
    leaderElection: { leaderElect: false },
    clientConnection: { ...given.clientConnection, kubeconfig: paths.schedulerKubeconfig },
  };
}
