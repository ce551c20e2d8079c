/** A proxy of several processes on the same ports: the main one has the snapshots and the admin port, workers carry traffic. */
import type { ChildProcess } from "node:child_process";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import { EndpointLoads } from "../balance/endpoint-loads.ts";
import { configuredSource } from "../control/configured-source.ts";
import { SnapshotKeeper } from "../control/snapshot-keeper.ts";
import type { SnapshotReceiver } from "../control/snapshot-source.ts";
import { pickingBy } from "../guard/picking-by.ts";
import { ServiceGuards } from "../guard/service-guards.ts";
import { OwnMetrics } from "../meter/own-metrics.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import type { ProxyDeps, StopResult } from "../start-proxy.ts";
import type { ToWorker } from "./worker-messages.ts";
import { WorkerSlot } from "./worker-slot.ts";
import { createWorkersAdmin, type WorkersState } from "./workers-admin.ts";

export interface WorkersDeps extends Pick<ProxyDeps, "clock" | "log" | "random"> {
  readonly fork: (index: number) => ChildProcess;
}

export interface RunningWorkers {
  readonly adminUrl: string;
  stop(options?: { readonly drainMs?: number }): Promise<StopResult>;
}

/** @throws WeftError listen-failed when a worker cannot begin; config-invalid as `startProxy` does, or without fixed ports */
export async function startWorkers(config: ProxyConfig, deps: WorkersDeps): Promise<RunningWorkers> {
  const { clock, log, fork } = deps;
  if (config.meshPort === 0) throw new WeftError("config-invalid", "meshPort: must not be 0 with several workers");
  let newest: ToWorker | undefined;
  const options = { clock, log, fork, onListening: (slot: WorkerSlot) => newest && slot.tell(newest) };
  const slots = Array.from({ length: config.workers }, (_, index) => new WorkerSlot({ ...options, index }));
  const tellAll = (message: ToWorker) => {
    for (const slot of slots) slot.tell(message);
  };
  const own = new OwnMetrics();
  const source = configuredSource(config, { ...deps, onReconnect: () => own.reconnectCount++ });
  const keeper = createKeeper(config, { ...deps, own });
  const receiver: SnapshotReceiver = {
    receive(input) {
      const report = keeper.receive(input);
      if (report.verdict === "accepted") {
        newest = { kind: "snapshot", input };
        tellAll(newest);
      }
      return report;
    },
    confirm() {
      keeper.confirm();
      if (keeper.lastRejection === undefined) tellAll({ kind: "confirm" });
    },
  };
  const state: WorkersState = { isDraining: false };
  const admin = createWorkersAdmin({ clock, log, slots, keeper, own, state });
  let stopSource = async () => {};
  const stopAll = async (drainMs: number): Promise<StopResult> => {
    state.isDraining = true;
    await stopSource();
    const cut = await Promise.all(slots.map((slot) => slot.stop(drainMs)));
    await admin.close();
    return { cut: cut.flat() };
  };
  try {
    await Promise.all(slots.map((slot) => slot.start()));
    const { url } = await admin.listen(config.adminHost ?? config.podAddress, config.adminPort);
    log.info("workers listen", { workers: slots.map(({ pid }) => pid), admin: url });
    stopSource = source.start(receiver);
    let stopping: Promise<StopResult> | undefined;
    return {
      adminUrl: url,
      stop: ({ drainMs = config.drainMs } = {}) => {
        stopping ??= stopAll(drainMs);
        return stopping;
      },
    };
  } catch (error) {
    await stopAll(0);
    throw error instanceof WeftError ? error : new WeftError("listen-failed", messageOf(error), { cause: error });
  }
}

/** Judges snapshots as the workers do, which are told those that are sound. */
function createKeeper(
  config: ProxyConfig,
  { clock, log, own }: Pick<WorkersDeps, "clock" | "log"> & { readonly own: OwnMetrics },
): SnapshotKeeper {
  const loads = new EndpointLoads(() => clock.nowMs());
  const picking = pickingBy({ loads, guards: new ServiceGuards(clock), clock });
  return new SnapshotKeeper({ proxy: `${config.namespace}/${config.pod}`, clock, log, own, picking, onChange() {} });
}
