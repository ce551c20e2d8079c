/** Writes what is said of routes into their status, one after the other, and again later what could not be written. */
import type { HttpRoute } from "../core/model/http-route.ts";
import type { RouteParentStatus } from "../core/model/route-status.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { RouteStatusWriter } from "../core/ports/route-status-writer.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { routeParents } from "./route-parents.ts";

const RETRY_MS = 5_000;

export interface RouteStatusDeps {
  readonly writer: RouteStatusWriter;
  readonly clock: Clock;
  readonly log: Log;
}

interface Said {
  readonly route: HttpRoute;
  readonly parents: readonly RouteParentStatus[];
  readonly text: string;
}

export class RouteStatuses {
  private readonly deps: RouteStatusDeps;
  /** What the cluster has, as far as is known. */
  private readonly written = new Map<string, string>();
  private readonly due = new Map<string, Said>();
  private isWriting = false;
  private isStopped = false;
  private cancelRetry = () => {};

  constructor(deps: RouteStatusDeps) {
    this.deps = deps;
  }

  update(index: Pick<MeshIndex, "services" | "routes">): void {
    const keys = new Set<string>();
    for (const route of index.routes) {
      const key = keyOf(route);
      keys.add(key);
      const parents = routeParents(index, route);
      const text = JSON.stringify([route.generation, parents]);
      if (this.written.get(key) === text) this.due.delete(key);
      else this.due.set(key, { route, parents, text });
    }
    for (const known of [this.written, this.due]) for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    void this.write();
  }

  stop(): void {
    this.isStopped = true;
    this.cancelRetry();
  }

  private async write(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    this.cancelRetry();
    const failed = new Set<string>();
    for (let next = this.next(failed); next !== undefined; next = this.next(failed)) {
      const [key, said] = next;
      if (await this.writeOne(said)) {
        this.written.set(key, said.text);
        if (this.due.get(key) === said) this.due.delete(key);
      } else failed.add(key);
    }
    this.isWriting = false;
    if (failed.size > 0 && !this.isStopped) this.cancelRetry = this.deps.clock.after(RETRY_MS, () => void this.write());
  }

  private next(failed: ReadonlySet<string>): readonly [string, Said] | undefined {
    if (this.isStopped) return undefined;
    for (const entry of this.due) if (!failed.has(entry[0])) return entry;
    return undefined;
  }

  private async writeOne({ route, parents }: Said): Promise<boolean> {
    try {
      await this.deps.writer.writeParents(route, parents);
      return true;
    } catch (error) {
      const { kind, namespace, name } = route;
      this.deps.log.warn("the status of a route was not written", { kind, namespace, name, error: messageOf(error) });
      return false;
    }
  }
}

function keyOf({ kind, namespace, name }: HttpRoute): string {
  return `${kind} ${namespace}/${name}`;
}
