/** Times the way through a service function: what was handed to it, until it gives it back. */
import type { Clock } from "../../core/ports/clock.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { HopSeries } from "./hop-series.ts";

export class FunctionTimer {
  private readonly clock: Clock;
  private readonly hop: HopSeries;
  private handedAtMs = -1;

  constructor(clock: Clock, hop: HopSeries) {
    this.clock = clock;
    this.hop = hop;
  }

  handed(): void {
    this.handedAtMs = this.clock.nowMs();
  }

  /** What comes back next may be of something that was handed before. */
  forget(): void {
    this.handedAtMs = -1;
  }

  cameBack(): void {
    if (this.handedAtMs < 0) return;
    this.hop.functionMs.observe(this.clock.nowMs() - this.handedAtMs);
    this.handedAtMs = -1;
  }
}

/** By the flow's first bytes: of a stream nobody can tell which of the later ones belong together. */
export function timeFirstBytes(socket: ByteSocket, timer: FunctionTimer): void {
  let isHanded = false;
  socket.observer = {
    written: () => {
      if (!isHanded) timer.handed();
      isHanded = true;
    },
    read: () => {
      timer.cameBack();
      socket.observer = undefined;
    },
    ended: () => {},
    endWritten: () => {},
    closed: () => {},
  };
}
