/** What the controller remembers of paths between two looks at the cluster; all of it can be lost in a restart, but for refusals, which chains' statuses keep. */
import { type ServiceFunctionChain, type ServiceFunctionPath, spiMax } from "../../core/model/chain.ts";
import { objectKey } from "./cluster-state.ts";
import type { Refusals } from "./rollback/refusals.ts";

export type PathRole = "pending" | "draining";

export interface PathNote {
  readonly role: PathRole;
  /** Since when it is inactive in this role. */
  readonly sinceMs: number;
}

/** A write of our own that the view may not show yet. */
type Echo = { readonly path: ServiceFunctionPath | undefined; readonly untilMs: number };

const ECHO_MS_MAX = 30_000;

export class PathMemory {
  readonly notes = new Map<string, PathNote>();
  /** By the chain's UID. */
  readonly refusals = new Map<string, Refusals>();
  readonly #echoes = new Map<string, Echo>();
  #lastSpi = 0;

  /** The paths as they are once the view has caught up with our own writes; forgets what is gone. */
  current(seen: readonly ServiceFunctionPath[], nowMs: number): readonly ServiceFunctionPath[] {
    const paths = new Map(seen.map((path) => [objectKey(path), path]));
    for (const [key, { path, untilMs }] of this.#echoes) {
      const isCaughtUp = paths.get(key)?.isActive === path?.isActive;
      if (isCaughtUp || untilMs <= nowMs) this.#echoes.delete(key);
      else if (path) paths.set(key, path);
      else paths.delete(key);
    }
    for (const key of this.notes.keys()) if (!paths.has(key)) this.notes.delete(key);
    for (const { spi } of paths.values()) this.#lastSpi = Math.max(this.#lastSpi, spi);
    return [...paths.values()];
  }

  /** After a write has succeeded: `path` as it is now, undefined when deleted. */
  wrote(key: string, path: ServiceFunctionPath | undefined, nowMs: number): void {
    this.#echoes.set(key, { path, untilMs: nowMs + ECHO_MS_MAX });
  }

  /** Ours, or else those that the chain's status had when it was first looked at. */
  refusalsOf({ uid, refused = [] }: ServiceFunctionChain): Refusals {
    return this.refusals.get(uid) ?? refused;
  }

  /** One that no path has; freed ones come last, since connections may still carry them. Undefined when all are taken. */
  allocateSpi(taken: ReadonlySet<number>): number | undefined {
    for (let tried = 0; tried <= taken.size; tried += 1) {
      this.#lastSpi = this.#lastSpi >= spiMax ? 1 : this.#lastSpi + 1;
      if (!taken.has(this.#lastSpi)) return this.#lastSpi;
    }
    return undefined;
  }
}
