/** Pods that were given a best node a moment ago and are not seen bound yet, so that the next of a burst knows of them. */

export interface AssumedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Workload key. */
  readonly workload: string;
  readonly node: string;
  /** Whether the view has had the pod yet: one that it had and has no more is gone, and one that it never had is still to come. */
  readonly isSeen: boolean;
}

/** What a view says of an assumed pod: it is there and waits, the truth about it is known, or there is no such pod. */
export type PodSight = "waiting" | "known" | "absent";

export interface AssumedPodsOptions {
  /** How long a pod that nobody sees bound is taken to stand there. */
  readonly ttlMs: number;
  /** More pods than this are not remembered: the oldest goes first. */
  readonly podsMax: number;
}

interface Assumption extends AssumedPod {
  readonly expiresAtMs: number;
}

export class AssumedPods {
  readonly #options: AssumedPodsOptions;
  /** By pod key, oldest first: every assumption lasts equally long. */
  readonly #pods = new Map<string, Assumption>();
  /** Nodes by workload, then by pod key. */
  readonly #byWorkload = new Map<string, Map<string, string>>();
  #version = 0;
  #latestMs = -Infinity;

  constructor(options: AssumedPodsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pods.size;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** In place of whatever was assumed of the pod before. */
  assume(pod: AssumedPod, nowMs: number): void {
    const key = keyOf(pod);
    this.#notice(nowMs);
    this.forget(key);
    this.#version += 1;
    this.#pods.set(key, { ...pod, expiresAtMs: nowMs + this.#options.ttlMs });
    const nodes = this.#byWorkload.get(pod.workload) ?? new Map<string, string>();
    this.#byWorkload.set(pod.workload, nodes.set(key, pod.node));
    const [oldest] = this.#pods.keys();
    if (this.#pods.size > this.#options.podsMax && oldest !== undefined) this.forget(oldest);
  }

  get(podKey: string): AssumedPod | undefined {
    return this.#pods.get(podKey);
  }

  forget(podKey: string): void {
    const pod = this.#pods.get(podKey);
    if (!pod) return;
    this.#version += 1;
    this.#pods.delete(podKey);
    const nodes = this.#byWorkload.get(pod.workload);
    nodes?.delete(podKey);
    if (nodes?.size === 0) this.#byWorkload.delete(pod.workload);
  }

  /** Forgets what has lasted too long. */
  expire(nowMs: number): void {
    this.#notice(nowMs);
    for (const [key, { expiresAtMs }] of this.#pods) {
      if (expiresAtMs > nowMs) return;
      this.forget(key);
    }
  }

  /** Forgets pods of which the truth is known, and those that were there and are gone. */
  settle(sightOf: (podKey: string, pod: AssumedPod) => PodSight): void {
    for (const [key, pod] of this.#pods) {
      const sight = sightOf(key, pod);
      if (sight === "known" || (sight === "absent" && pod.isSeen)) this.forget(key);
      else if (sight === "waiting" && !pod.isSeen) this.#pods.set(key, { ...pod, isSeen: true });
    }
  }

  /** Oldest first. */
  list(): Iterable<AssumedPod> {
    return this.#pods.values();
  }

  /** A node for each of the workload's assumed pods. */
  nodesOf(workload: string): readonly string[] {
    return [...(this.#byWorkload.get(workload)?.values() ?? [])];
  }

  /** If the clock steps back, so does the end of every assumption: none lasts longer for it, and their order stays. */
  #notice(nowMs: number): void {
    const backMs = this.#latestMs - nowMs;
    this.#latestMs = nowMs;
    if (!(backMs > 0)) return;
    for (const [key, pod] of this.#pods) this.#pods.set(key, { ...pod, expiresAtMs: pod.expiresAtMs - backMs });
  }
}

function keyOf({ namespace, name }: AssumedPod): string {
  return `${namespace}/${name}`;
}
