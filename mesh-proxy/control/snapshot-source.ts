/** Where a proxy's snapshots come from. */
import type { SnapshotReport } from "../../core/model/mesh-snapshot.ts";

export interface SnapshotSource {
  /** Delivers from now on, until the answer is called. Never throws: a source that cannot deliver goes on trying. */
  start(receiver: SnapshotReceiver): () => Promise<void>;
}

export interface SnapshotReceiver {
  /** Untrusted; the answer says what became of it. */
  receive(input: unknown): SnapshotReport;
  /** The newest snapshot is still the one delivered last. */
  confirm(): void;
}
