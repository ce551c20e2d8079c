/** One worker of a proxy: a whole proxy but for its admin port and its snapshots, which the main process has. */
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { SnapshotReceiver, SnapshotSource } from "../control/snapshot-source.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { type ProxyDeps, type RunningProxy, startProxy } from "../start-proxy.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** Runs until the main process says stop, or is gone; never returns. @param index 0 is the one that carries UDP @throws WeftError config-invalid without a main process */
export async function runWorker(config: ProxyConfig, deps: ProxyDeps, index: number): Promise<never> {
  if (process.send === undefined) throw new WeftError("config-invalid", "a worker is started by a proxy, not by hand");
  // A terminal's interrupt goes to all processes: the main one says when.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => {});
  const receivers = new Set<SnapshotReceiver>();
  const snapshotSource: SnapshotSource = {
    start(receiver) {
      receivers.add(receiver);
      return async () => void receivers.delete(receiver);
    },
  };
  try {
    const proxy = await startProxy(config, { ...deps, snapshotSource, hasAdminPort: false, carriesUdp: index === 0 });
    process.on("message", (message: ToWorker) => void obey(proxy, receivers, message));
    process.once("disconnect", () => void stop(proxy, config.drainMs));
    tell({ kind: "listening" });
  } catch (error) {
    await told({ kind: "failed", reason: messageOf(error) });
    process.exit(1);
  }
  return new Promise<never>(() => {});
}

async function obey(proxy: RunningProxy, receivers: ReadonlySet<SnapshotReceiver>, message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "snapshot":
      for (const receiver of receivers) receiver.receive(message.input);
      return;
    case "confirm":
      for (const receiver of receivers) receiver.confirm();
      return;
    case "ask":
      return tell({ kind: "answer", id: message.id, answer: await proxy.ask(message.question) });
    case "stop":
      return stop(proxy, message.drainMs);
  }
}

async function stop(proxy: RunningProxy, drainMs: number): Promise<void> {
  const { cut } = await proxy.stop({ drainMs });
  await told({ kind: "stopped", cut });
  process.exit(0);
}

function tell(message: FromWorker): void {
  void told(message);
}

/** Resolves when it is on its way, or cannot be. */
function told(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}
