/** Gathers what the hops of a path say of one probe, in the order in which it reaches them. */
import type { UpstreamPath } from "../../core/model/mesh-snapshot.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { AskedRecord, HopRecord, LinkRecord, ProbeRecord } from "./probe-record.ts";

export interface ProbedHop extends Omit<HopRecord, "kind"> {
  /** From `connect` to connected, of the connection from the hop before: one round trip, and what that proxy was late by. */
  readonly connectMs: number;
  /** From the probe's header to this proxy's first word, as the hop before saw it. */
  readonly answerMs: number;
  /** From the start of the probe until this hop's word was here. */
  readonly totalMs: number;
  /** What stands behind the proxy, when that was asked. */
  readonly asked?: Omit<AskedRecord, "kind"> | undefined;
}

export interface ProbeAnswer {
  readonly chain: string;
  /** Absent where the chain goes no path now. */
  readonly spi: number | undefined;
  readonly source: SocketEndpoint;
  readonly hops: readonly ProbedHop[];
  /** Whether every hop down to the destination answered, and what stands behind it where that was asked. */
  readonly isWhole: boolean;
  /** Why it went no further. */
  readonly reason?: string | undefined;
}

export class ProbeProtocol {
  private readonly order: { readonly chain: string; readonly source: SocketEndpoint };
  private readonly path: UpstreamPath | undefined;
  private readonly startMs: number;
  private readonly hops: ProbedHop[] = [];
  private link: LinkRecord = { kind: "link", connectMs: 0, answerMs: 0 };
  private reason: string | undefined;

  constructor(
    order: { readonly chain: string; readonly source: SocketEndpoint },
    path: UpstreamPath | undefined,
    startMs: number,
  ) {
    this.order = order;
    this.path = path;
    this.startMs = startMs;
  }

  take(said: ProbeRecord, nowMs: number): void {
    switch (said.kind) {
      case "link":
        this.link = said;
        break;
      case "hop": {
        const { kind: _, ...hop } = said;
        const { connectMs, answerMs } = this.link;
        this.hops.push({ ...hop, connectMs, answerMs, totalMs: nowMs - this.startMs });
        break;
      }
      case "asked": {
        const { kind: _, ...asked } = said;
        const last = this.hops.pop();
        if (last !== undefined) this.hops.push({ ...last, asked });
        break;
      }
      case "stopped":
        this.reason ??= `${said.pod}: ${said.reason}`;
    }
  }

  stopped(reason: string): ProbeAnswer {
    this.reason ??= reason;
    return this.answer();
  }

  answer(): ProbeAnswer {
    const { chain, source } = this.order;
    const reason = this.reason ?? this.silentHop();
    const hasRefusal = this.hops.some(({ asked }) => asked?.reason !== undefined);
    return {
      chain,
      spi: this.path?.spi,
      source,
      hops: this.hops,
      isWhole: reason === undefined && !hasRefusal,
      reason,
    };
  }

  private silentHop(): string | undefined {
    const last = this.hops.at(-1);
    if (last?.serviceIndex === 0) return undefined;
    return last === undefined ? "no hop answered" : `nothing was heard from behind ${last.pod}`;
  }
}
