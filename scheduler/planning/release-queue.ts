/** Lets pods go from Weft's gate, so many at one time, and says of each why it goes where. */
import { placementAffinityOf, placementGate } from "../../core/model/placement-group.ts";
import type { Pod } from "../../core/model/pod.ts";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Leadership } from "../../core/ports/leadership.ts";
import type { Log } from "../../core/ports/log.ts";
import type { PodRelease } from "../../core/ports/pod-release.ts";
import type { EventQueue } from "../event-queue.ts";
import type { AssumedPods } from "../placement/assumed-pods.ts";
import type { GroupPlan } from "../placement/groups/group-plan.ts";
import { type Unplanned, unplanned } from "../placement/groups/unplanned.ts";
import type { PlanningMetrics } from "./planning-metrics.ts";
import { releaseEvent } from "./release-event.ts";

export interface ReleaseQueueDeps {
  readonly release: PodRelease;
  readonly leadership: Leadership;
  readonly assumed: AssumedPods;
  readonly events: Pick<EventQueue, "add">;
  readonly metrics: PlanningMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReleaseQueueOptions {
  /** Pods that are let go at one time. */
  readonly concurrency: number;
  /** A pod could not be let go; `nextRetryAtMs` says when it may be tried again. */
  onFailure(): void;
}

/** With its node and the plan that says so, or with the reason why there is none. */
export type Release =
  | { readonly kind: "planned"; readonly pod: Pod; readonly node: string; readonly plan: GroupPlan }
  | { readonly kind: "unplanned"; readonly pod: Pod; readonly why: Unplanned };

interface Progress {
  state: "queued" | "done" | "failed";
  /** In a row. */
  failures: number;
  retryAtMs: number;
}

const RETRY_MS = 1000;
const RETRY_MS_MAX = 30_000;

export class ReleaseQueue {
  readonly #deps: ReleaseQueueDeps;
  readonly #options: ReleaseQueueOptions;
  readonly #waiting: Release[] = [];
  /** By UID, of pods that are gated as far as is known. */
  readonly #progress = new Map<string, Progress>();
  #underWay = 0;

  constructor(deps: ReleaseQueueDeps, options: ReleaseQueueOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Whether the pod is let go already, or will be, or has to wait until that is tried again. */
  has(uid: string): boolean {
    const progress = this.#progress.get(uid);
    return progress !== undefined && (progress.state !== "failed" || this.#deps.clock.nowMs() < progress.retryAtMs);
  }

  add(release: Release): void {
    const { uid } = release.pod;
    if (this.has(uid)) return;
    const failures = this.#progress.get(uid)?.failures ?? 0;
    this.#progress.set(uid, { state: "queued", failures, retryAtMs: 0 });
    this.#waiting.push(release);
    this.#next();
  }

  /** When the next pod that could not be let go may be tried again. */
  nextRetryAtMs(): number {
    const nowMs = this.#deps.clock.nowMs();
    const failed = [...this.#progress.values()].filter(
      ({ state, retryAtMs }) => state === "failed" && retryAtMs > nowMs,
    );
    return Math.min(...failed.map(({ retryAtMs }) => retryAtMs));
  }

  /** Pods that are not gated any more need no memory. */
  forgetAllBut(gated: ReadonlySet<string>): void {
    for (const [uid, { state }] of this.#progress)
      if (state !== "queued" && !gated.has(uid)) this.#progress.delete(uid);
  }

  /** Who waits is for whoever leads next. */
  clear(): void {
    for (const { pod } of this.#waiting.splice(0)) this.#progress.delete(pod.uid);
  }

  #next(): void {
    while (this.#underWay < this.#options.concurrency) {
      const release = this.#waiting.shift();
      if (!release) return;
      this.#underWay += 1;
      void this.#letGo(release).finally(() => {
        this.#underWay -= 1;
        this.#next();
      });
    }
  }

  async #letGo(release: Release): Promise<void> {
    const { leadership } = this.#deps;
    const { uid } = release.pod;
    if (!leadership.isLeader) return void this.#progress.delete(uid);
    try {
      const carriedOut = await this.#write(release);
      if (carriedOut) this.#tell(carriedOut);
      this.#progress.set(uid, { state: "done", failures: 0, retryAtMs: 0 });
    } catch (error) {
      this.#fail(release, error);
    }
  }

  /** What was done; undefined where the pod had gone. A node that the API server refuses is left out: no pod waits for that. */
  async #write(release: Release): Promise<Release | undefined> {
    const { pod } = release;
    const { release: port } = this.#deps;
    if (release.kind === "unplanned") return (await port.release(pod)) === "gone" ? undefined : release;
    try {
      const target = { node: release.node, affinity: placementAffinityOf(pod) };
      return (await port.release(pod, target)) === "gone" ? undefined : release;
    } catch (error) {
      if (!(error instanceof WeftError) || error.code !== "kubernetes-refused") throw error;
      const why = unplanned("refused", messageOf(error));
      return (await port.release(pod)) === "gone" ? undefined : { kind: "unplanned", pod, why };
    }
  }

  #tell(release: Release): void {
    const { assumed, events, metrics, clock } = this.#deps;
    const { pod } = release;
    metrics.released.inc({ outcome: release.kind === "planned" ? "planned" : release.why.reason });
    events.add(releaseEvent(release));
    const isLastGate = pod.schedulingGates.every((gate) => gate === placementGate);
    if (release.kind !== "planned" || !isLastGate) return;
    const { namespace, name, uid } = pod;
    assumed.assume(
      { namespace, name, uid, workload: workloadKey(pod.workload), node: release.node, isSeen: true },
      clock.nowMs(),
    );
  }

  #fail({ pod }: Release, error: unknown): void {
    const { clock, metrics, log } = this.#deps;
    const failures = (this.#progress.get(pod.uid)?.failures ?? 0) + 1;
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures - 1, 30));
    this.#progress.set(pod.uid, { state: "failed", failures, retryAtMs: clock.nowMs() + delayMs });
    metrics.released.inc({ outcome: "failed" });
    this.#options.onFailure();
    const level = failures === 1 ? "warn" : "debug";
    log[level]("a gated pod could not be let go", { pod: `${pod.namespace}/${pod.name}`, reason: messageOf(error) });
  }
}
