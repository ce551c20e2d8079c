/** The kernel's help of one proxy: its program and maps, and the flows that go by it. */
import type { Clock } from "../../core/ports/clock.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { TcpInfo } from "../../platform/system-calls/tcp-info.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { KernelMaps } from "./kernel-maps.ts";
import { KernelPump } from "./kernel-pump.ts";

export interface KernelRelayOptions {
  readonly clock: Clock;
  readonly calls: SystemCalls;
  /** Flows at a time. */
  readonly flowsMax: number;
  readonly onRefused: (reason: string) => void;
}

export class KernelRelay {
  /** Flows that went by the kernel, since the start. */
  enteredCount = 0;

  private readonly options: KernelRelayOptions;
  private readonly maps: KernelMaps;
  private readonly info: TcpInfo;
  private readonly pumps = new Set<KernelPump>();
  private isStopped = false;

  /** @throws Error that says what the kernel refuses */
  constructor(options: KernelRelayOptions) {
    this.options = options;
    this.info = new TcpInfo(options.calls);
    this.maps = new KernelMaps(options.calls, 2 * options.flowsMax);
  }

  /** Flows that go by the kernel now. */
  get flowCount(): number {
    return this.pumps.size;
  }

  /** Instead of two `pump`s. @param isBytesOnly whether nobody needs to see what is passed */
  pump(sockets: readonly [ByteSocket, ByteSocket], isBytesOnly: () => boolean): KernelPump {
    const { clock, calls, onRefused } = this.options;
    const pump: KernelPump = new KernelPump({
      clock,
      calls,
      maps: this.maps,
      info: this.info,
      sockets,
      isBytesOnly: () => !this.isStopped && isBytesOnly(),
      onEntered: () => {
        this.enteredCount++;
        this.pumps.add(pump);
      },
      onLeft: () => this.pumps.delete(pump),
      onRefused,
    });
    return pump;
  }

  /** Brings the counters of the sockets up to what the kernel has done: before whoever reads them. */
  count(): void {
    for (const pump of this.pumps) pump.count();
  }

  /** Call when its flows are over. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.maps.close();
  }
}
