/** Snapshots from whoever holds the source: tests, and a proxy that runs from a file. */
import { readFile } from "node:fs/promises";
import type { SnapshotReport } from "../../core/model/mesh-snapshot.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { Log } from "../../core/ports/log.ts";
import type { SnapshotReceiver, SnapshotSource } from "./snapshot-source.ts";

export interface StaticSnapshotSource extends SnapshotSource {
  /** Delivers to every proxy that was started with this source. @returns what they said. */
  publish(snapshot: unknown): readonly SnapshotReport[];
}

/** @param first delivered at start, unless undefined */
export function createStaticSnapshotSource(first?: unknown): StaticSnapshotSource {
  const receivers = new Set<SnapshotReceiver>();
  let newest = first;
  return {
    start(receiver) {
      receivers.add(receiver);
      if (newest !== undefined) receiver.receive(newest);
      return async () => {
        receivers.delete(receiver);
      };
    },
    publish(snapshot) {
      newest = snapshot;
      return [...receivers].map((receiver) => receiver.receive(snapshot));
    },
  };
}

/** Read once; what is wrong with the file is logged, and the proxy stays unready. */
export function createFileSnapshotSource(file: string, log: Log): SnapshotSource {
  return {
    start(receiver) {
      readFile(file, "utf8")
        .then((text) => receiver.receive(JSON.parse(text)))
        .catch((error) => log.error("snapshot file cannot be used", { file, reason: messageOf(error) }));
      return async () => {};
    },
  };
}
