/** One proxy's open stream. However slow the reader, no more than one snapshot waits here: the newest. */
import type { Writable } from "node:stream";
import type { Clock } from "../core/ports/clock.ts";
import { snapshotLine, type VersionedSnapshot } from "./snapshot-line.ts";

export interface SnapshotStream {
  /** Sends the snapshot now, or when the reader has taken the one before, unless a newer one is offered until then. */
  offer(snapshot: VersionedSnapshot): void;
  /** An empty line, where nothing waits to be sent anyway. */
  beat(): void;
  /** What the reader has not taken yet is lost where it is behind: it has the last good snapshot. */
  end(): void;
}

export interface SnapshotStreamOptions {
  readonly output: Writable;
  readonly clock: Clock;
  /** A reader that takes nothing for so long is cut off. */
  readonly stallMsMax: number;
  readonly onSent: (snapshot: VersionedSnapshot) => void;
  readonly onStalled: () => void;
}

export function createSnapshotStream(options: SnapshotStreamOptions): SnapshotStream {
  const { output, clock, stallMsMax } = options;
  let waiting: VersionedSnapshot | undefined;
  let isBlocked = false;
  let cancelStall = () => {};

  output.on("drain", () => {
    unblock();
    const newest = waiting;
    waiting = undefined;
    if (newest) send(newest);
  });
  output.on("close", unblock);

  function send(snapshot: VersionedSnapshot): void {
    write(snapshotLine(snapshot));
    options.onSent(snapshot);
  }

  function write(line: string): void {
    if (output.writableEnded || output.destroyed || output.write(line)) return;
    isBlocked = true;
    cancelStall = clock.after(stallMsMax, () => {
      options.onStalled();
      output.destroy();
    });
  }

  function unblock(): void {
    isBlocked = false;
    cancelStall();
  }

  return {
    offer: (snapshot) => {
      if (isBlocked) waiting = snapshot;
      else send(snapshot);
    },
    beat: () => {
      if (!isBlocked) write("\n");
    },
    end: () => {
      if (isBlocked) output.destroy();
      else output.end();
    },
  };
}
