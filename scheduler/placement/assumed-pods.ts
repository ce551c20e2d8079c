/** Pods that were given a best node a moment ago and are not seen bound yet, so that the next of a burst knows of them. */

export interface AssumedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Workload key. */
  readonly workload: string;
  readonly node: string;
}

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
  /** Counts of assumed pods by workload, so that workloads without any cost nothing. */
  readonly #byWorkload = new Map<string, number>();
  #version = 0;

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
    this.forget(key);
    this.#version += 1;
    this.#pods.set(key, { ...pod, expiresAtMs: nowMs + this.#options.ttlMs });
    this.#byWorkload.set(pod.workload, (this.#byWorkload.get(pod.workload) ?? 0) + 1);
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
    const count = (this.#byWorkload.get(pod.workload) ?? 1) - 1;
    if (count > 0) this.#byWorkload.set(pod.workload, count);
    else this.#byWorkload.delete(pod.workload);
  }

  /** Forgets what has lasted too long. */
  expire(nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#pods) {
      if (expiresAtMs > nowMs) return;
      this.forget(key);
    }
  }

  /** Forgets pods of which the truth is known. */
  settle(isKnown: (podKey: string, pod: AssumedPod) => boolean): void {
    for (const [key, pod] of this.#pods) if (isKnown(key, pod)) this.forget(key);
  }

  /** A node for each of the workload's assumed pods. */
  nodesOf(workload: string): readonly string[] {
    if (!this.#byWorkload.has(workload)) return [];
    return [...this.#pods.values()].filter((pod) => pod.workload === workload).map(({ node }) => node);
  }
}

function keyOf({ namespace, name }: AssumedPod): string {
  return `${namespace}/${name}`;
}
