/** All of a proxy that carries UDP: the upstreams' ports, the mesh port, and what ends silent sessions. */
import { OutboundListeners } from "../outbound/outbound-listeners.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { MeshDatagramPort } from "./mesh-datagram-port.ts";
import { UpstreamPort } from "./upstream-port.ts";

/** Looks within one idle time. */
const LOOKS = 4;
const LOOK_MS_MAX = 10_000;
/** Who is silent for this long while the proxy ends has nothing under way. */
const QUIET_MS = 1000;
const DRAIN_LOOK_MS = 100;

export class UdpPlane {
  private readonly context: ProxyContext;
  private readonly mesh: MeshDatagramPort;
  private readonly upstreams = new Set<UpstreamPort>();
  private readonly listeners: OutboundListeners;
  private readonly stopLooking: () => void;

  constructor(context: ProxyContext) {
    this.context = context;
    this.mesh = new MeshDatagramPort(context);
    this.listeners = new OutboundListeners(context, (port) => this.openUpstream(port));
    const { udpIdleTimeoutMs } = context.config;
    const lookMs = Math.min(LOOK_MS_MAX, Math.max(1, Math.floor(udpIdleTimeoutMs / LOOKS)));
    this.stopLooking = context.clock.every(lookMs, () => {
      this.expire(udpIdleTimeoutMs);
    });
  }

  /** @throws WeftError listen-failed */
  listen(meshPort: number): Promise<void> {
    return this.mesh.open(meshPort);
  }

  /** Opens and closes ports until they are those of `ports`. */
  update(ports: readonly number[]): Promise<void> {
    return this.listeners.update(ports);
  }

  ports(): Promise<readonly number[]> {
    return this.listeners.ports();
  }

  /** Waits until nothing is under way, at most `drainMs`; new sessions are refused meanwhile. @returns what still was */
  async drain(drainMs: number): Promise<readonly string[]> {
    const { clock } = this.context;
    this.stopLooking();
    const endMs = clock.nowMs() + drainMs;
    let live = this.expire(QUIET_MS);
    while (live.length > 0 && clock.nowMs() < endMs) {
      await new Promise<void>((resolve) => clock.after(DRAIN_LOOK_MS, resolve));
      live = this.expire(QUIET_MS);
    }
    await Promise.all([this.listeners.closeAll(), this.mesh.close()]);
    return live;
  }

  private expire(idleMs: number): readonly string[] {
    const sinceMs = this.context.clock.nowMs() - idleMs;
    const live = [...this.mesh.expire(sinceMs)];
    for (const port of this.upstreams) {
      const flowCount = port.expire(sinceMs);
      if (flowCount > 0) live.push(`udp of ${flowCount} clients at port ${port.port}`);
    }
    return live;
  }

  private async openUpstream(listenPort: number) {
    const port = await new UpstreamPort(this.context, listenPort).open();
    this.upstreams.add(port);
    return {
      port: listenPort,
      close: () => {
        this.upstreams.delete(port);
        return port.close();
      },
    };
  }
}
