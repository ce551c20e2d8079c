import type { ChainWriter } from "../../core/ports/chain-writer.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { objectKey } from "./cluster-state.ts";
import type { PathAction } from "./path-lifecycle.ts";
import type { PathMemory } from "./path-memory.ts";

export interface ActionDeps {
  readonly writer: ChainWriter;
  readonly memory: PathMemory;
  readonly clock: Clock;
}

/** Notes are taken after success only, so that a path's time begins when it has really changed. */
export async function performAction({ writer, memory, clock }: ActionDeps, { kind, path }: PathAction): Promise<void> {
  const key = objectKey(path);
  switch (kind) {
    case "create":
      await writer.createPath(path);
      memory.wrote(key, path, clock.nowMs());
      memory.notes.set(key, { role: "pending", sinceMs: clock.nowMs() });
      return;
    case "activate":
    case "deactivate": {
      const isActive = kind === "activate";
      await writer.setPathActive(path, isActive);
      memory.wrote(key, { ...path, isActive }, clock.nowMs());
      memory.notes.set(key, { role: "draining", sinceMs: clock.nowMs() });
      return;
    }
    case "delete":
      await writer.deletePath(path.namespace, path.name);
      memory.wrote(key, undefined, clock.nowMs());
      memory.notes.delete(key);
      return;
  }
}
