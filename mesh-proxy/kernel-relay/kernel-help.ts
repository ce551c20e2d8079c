/** Whether the kernel relays for a proxy, as configured and as far as it can. */

import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { loadSystemCalls } from "../../platform/system-calls/load-system-calls.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { KernelRelay } from "./kernel-relay.ts";
import { tryKernelRelay } from "./try-kernel-relay.ts";

/** The kernel keeps some 130 bytes for each that there could be. */
const FLOWS_MAX = 65_536;

export class KernelHelp {
  /** Undefined where user space does everything. */
  relay: KernelRelay | undefined;

  private readonly config: Pick<ProxyConfig, "kernelRelay" | "connectionsMax">;
  private readonly clock: Clock;
  private readonly log: Log;

  constructor(
    config: Pick<ProxyConfig, "kernelRelay" | "connectionsMax">,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.config = config;
    this.clock = clock;
    this.log = log;
  }

  /** @throws WeftError config-invalid when the kernel's help is required, and not to be had */
  async start(): Promise<void> {
    const { kernelRelay } = this.config;
    if (kernelRelay === "off") return;
    const found = await this.find();
    if (typeof found !== "string") {
      this.relay = found;
      this.log.info("the kernel relays plain TCP");
      return;
    }
    if (kernelRelay === "required") throw new WeftError("config-invalid", `kernelRelay is required: ${found}`);
    this.log.info("the kernel does not relay plain TCP; user space does", { reason: found });
  }

  /** See `KernelRelay.count`. */
  readonly count = (): void => this.relay?.count();

  stop(): void {
    this.relay?.stop();
  }

  private async find(): Promise<KernelRelay | string> {
    const loaded = await loadSystemCalls();
    if (loaded.kind === "unavailable") return loaded.reason;
    const { clock, log } = this;
    const onRefused = (reason: string) => log.debug("the kernel did not take a flow", { reason });
    const flowsMax = Math.min(this.config.connectionsMax, FLOWS_MAX);
    const options = { clock, calls: loaded.calls, flowsMax, onRefused };
    try {
      await tryKernelRelay(options);
      return new KernelRelay(options);
    } catch (error) {
      return messageOf(error);
    }
  }
}
