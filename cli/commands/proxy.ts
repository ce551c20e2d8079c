import type { Command } from "commander";
import type { ProxyConfig } from "../../mesh-proxy/proxy-config.ts";
import { addComponent } from "../component-command.ts";

export function addCommand(program: Command): void {
  addComponent<ProxyConfig, object>(program, {
    name: "proxy",
    summary: "run a pod's proxy: meter its traffic and steer it",
    loadSchema: async () => (await import("../../mesh-proxy/proxy-config.ts")).proxyConfigSchema,
    start: async (config, deps) => {
      const { startProxy } = await import("../../mesh-proxy/start-proxy.ts");
      const proxy = await startProxy(config, deps);
      return () => proxy.stop({ drainMs: config.drainMs });
    },
  });
}
