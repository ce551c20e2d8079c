/** Which groups of gated pods are whole, and who has waited too long. */
import { groupSizeOf, isGated, placementGroupKey, placementGroupLabel } from "../../../core/model/placement-group.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { type Gathering, idle, nextGathering, planDueAtMs } from "./gathering.ts";

export interface GatedGroupsTimes {
  /** A group that does not say its size is whole when nobody has come for so long. */
  readonly quietMs: number;
  /** A group is planned then, whole or not. */
  readonly gatherMsMax: number;
  /** Nobody waits longer. */
  readonly waitMsMax: number;
}

export interface GatedGroup {
  readonly key: string;
  readonly pods: readonly Pod[];
  readonly gathering: Gathering;
  readonly dueAtMs: number;
}

/** Follows lists of pods. An update costs one look at each pod. */
export class GatedGroups {
  readonly #times: GatedGroupsTimes;
  /** By key, those of whom somebody waits. */
  #groups = new Map<string, GatedGroup>();
  /** When each gated pod was first seen, by UID. */
  readonly #seenAtMs = new Map<string, number>();
  #gated: readonly Pod[] = [];

  constructor(times: GatedGroupsTimes) {
    this.#times = times;
  }

  /** All gated pods, whether they wait or are seen to. */
  get gated(): readonly Pod[] {
    return this.#gated;
  }

  /** @param isSeenTo pods that are being planned or let go: they wait for nothing. */
  update(pods: readonly Pod[], isSeenTo: (pod: Pod) => boolean, nowMs: number): void {
    this.#gated = pods.filter(isHeld);
    const waiting = Map.groupBy(
      this.#gated.filter((pod) => !isSeenTo(pod)),
      placementGroupKey,
    );
    let living: ReadonlyMap<string, number> | undefined;
    const livingOf = (key: string) => {
      living ??= livingByGroup(pods);
      return living.get(key) ?? 0;
    };
    const groups = [...waiting].map(([key, members]): [string, GatedGroup] => {
      const known = this.#groups.get(key);
      const before = new Set(known?.pods.map(({ uid }) => uid));
      const hasNews = members.some(({ uid }) => !before.has(uid));
      const came = hasNews ? nextGathering(known?.gathering ?? idle, "came", nowMs) : (known?.gathering ?? idle);
      const size = Math.max(...members.map((pod) => groupSizeOf(pod) ?? 0));
      const isWhole = size > 0 && (members.length >= size || livingOf(key) >= size);
      const gathering = isWhole ? nextGathering(came, "completed", nowMs) : came;
      const { gatherMsMax, quietMs } = this.#times;
      const times = { quietMs: size > 0 ? Number.POSITIVE_INFINITY : quietMs, waitMsMax: gatherMsMax };
      return [key, { key, pods: members, gathering, dueAtMs: planDueAtMs(gathering, times) ?? nowMs }];
    });
    this.#groups = new Map(groups);
    this.#remember(nowMs);
  }

  /** Groups to be planned now; they are not told of again. */
  takeDue(nowMs: number): readonly GatedGroup[] {
    const due = [...this.#groups.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs);
    for (const { key } of due) this.#groups.delete(key);
    return due;
  }

  overdue(nowMs: number): readonly Pod[] {
    return this.#gated.filter((pod) => nowMs >= this.#overdueAtMs(pod, nowMs));
  }

  /** When the next group is due. */
  nextDueAtMs(): number {
    return Math.min(...[...this.#groups.values()].map(({ dueAtMs }) => dueAtMs));
  }

  /** When the next pod, of those that are not let go yet, is overdue. */
  nextOverdueAtMs(isLetGo: (pod: Pod) => boolean): number {
    return Math.min(...this.#gated.filter((pod) => !isLetGo(pod)).map((pod) => this.#overdueAtMs(pod, 0)));
  }

  /** As if nobody had been seen. */
  reset(): void {
    this.#groups.clear();
    this.#seenAtMs.clear();
    this.#gated = [];
  }

  #overdueAtMs({ uid }: Pod, nowMs: number): number {
    return (this.#seenAtMs.get(uid) ?? nowMs) + this.#times.waitMsMax;
  }

  #remember(nowMs: number): void {
    const present = new Set(this.#gated.map(({ uid }) => uid));
    for (const uid of this.#seenAtMs.keys()) if (!present.has(uid)) this.#seenAtMs.delete(uid);
    for (const uid of present) if (!this.#seenAtMs.has(uid)) this.#seenAtMs.set(uid, nowMs);
  }
}

function isHeld(pod: Pod): boolean {
  return isGated(pod) && pod.node === undefined && !pod.isTerminating && !pod.isFinished;
}

/** Gated or not: after a rollout some of a group run already. */
function livingByGroup(pods: readonly Pod[]): ReadonlyMap<string, number> {
  const living = new Map<string, number>();
  for (const pod of pods) {
    if (pod.labels[placementGroupLabel] === undefined || pod.isTerminating || pod.isFinished) continue;
    const key = placementGroupKey(pod);
    living.set(key, (living.get(key) ?? 0) + 1);
  }
  return living;
}
