import { type ChildProcess, fork } from "node:child_process";
import { type Command, Option } from "commander";
import type { ProxyConfig } from "../../mesh-proxy/proxy-config.ts";
import { addComponent } from "../component-command.ts";

interface ProxyOptions {
  /** Set for a process that another one of the same command line has started. */
  readonly worker?: number;
}

export function addCommand(program: Command): void {
  addComponent<ProxyConfig, ProxyOptions>(program, {
    name: "proxy",
    summary: "run a pod's proxy: meter its traffic and steer it",
    loadSchema: async () => (await import("../../mesh-proxy/proxy-config.ts")).proxyConfigSchema,
    addOptions: (command) =>
      command.addOption(new Option("--worker <index>", "run one worker of several").argParser(Number).hideHelp()),
    start: async (config, deps, { worker }) => {
      if (worker !== undefined) {
        const { runWorker } = await import("../../mesh-proxy/workers/run-worker.ts");
        return runWorker(config, deps, worker);
      }
      if (config.workers > 1) {
        const { startWorkers } = await import("../../mesh-proxy/workers/start-workers.ts");
        const workers = await startWorkers(config, { ...deps, fork: forkWorker });
        return () => workers.stop();
      }
      const { startProxy } = await import("../../mesh-proxy/start-proxy.ts");
      const proxy = await startProxy(config, deps);
      return () => proxy.stop({ drainMs: config.drainMs });
    },
  });
}

/** The same command line again. */
function forkWorker(index: number): ChildProcess {
  const [, program = "", ...args] = process.argv;
  return fork(program, [...args, "--worker", String(index)]);
}
