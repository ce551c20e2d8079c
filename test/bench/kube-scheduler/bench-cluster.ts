/** A real etcd and kube-apiserver for a benchmark, and what all its parts do with them. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Clock } from "../../../core/ports/clock.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { bodyOf } from "../../../platform/kubernetes/api-failure.ts";
import { type KubernetesClient, openKubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import { type ControlPlaneConnection, startControlPlane } from "../../control-plane/control-plane.ts";
import { findBinaries } from "../../control-plane/find-binaries.ts";
import { installCrds } from "../../control-plane/install-crds.ts";

export interface BenchCluster {
  readonly connection: ControlPlaneConnection;
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** The object as the API server has it then. @throws WeftError kubernetes-* */
  create(collection: string, object: object): Promise<CreatedObject>;
  /** Every object of a collection, without waiting until they are gone. */
  deleteAll(collection: string): Promise<void>;
  list<T>(collection: string): Promise<readonly T[]>;
  /** Ends what runs. */
  stop(): Promise<void>;
  /** With keys and logs. */
  removeFolder(): void;
}

export interface CreatedObject {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** With Weft's kinds installed, and nothing else. @throws Error where the programs are not to be had */
export async function openBenchCluster(log: (line: string) => void): Promise<BenchCluster> {
  const found = await findBinaries(log);
  if (found.kind === "unavailable") throw new Error(`no control plane: ${found.reason}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "weft-bench-"));
  log(`starting etcd and kube-apiserver ${found.binaries.kubernetesVersion}; keys and logs are in ${folder}`);
  const { connection, stop } = await startControlPlane({ binaries: found.binaries, folder });
  const clock = createSystemClock();
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  await installCrds(connection);
  return {
    ...{ connection, client, clock },
    async create(collection, object) {
      const answer = await client.request({ method: "POST", path: collection, body: object });
      return bodyOf(`create in ${collection}`, answer) as CreatedObject;
    },
    async deleteAll(collection) {
      const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
      const answer = await client.request({ method: "DELETE", path: collection, body, timeoutMs: 120_000 });
      bodyOf(`delete all of ${collection}`, answer);
    },
    async list<T>(collection: string) {
      const answer = bodyOf(`list ${collection}`, await client.request({ path: collection, timeoutMs: 60_000 }));
      return (answer as { readonly items: readonly T[] }).items;
    },
    async stop() {
      client.close();
      await stop();
    },
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
  };
}
