/** A queue of nodes by latency in typed arrays: a binary heap that never allocates once made. */
export class NearestFirst {
  readonly #latencies: Float64Array;
  readonly #nodes: Int32Array;
  #size = 0;

  /** `pushesMax`: how often `push` may be called between two times that the queue is empty. */
  constructor(pushesMax: number) {
    this.#latencies = new Float64Array(pushesMax);
    this.#nodes = new Int32Array(pushesMax);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  push(node: number, latency: number): void {
    let at = this.#size;
    this.#size += 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.#latencyAt(parent) > latency; parent = (at - 1) >> 1) {
      this.#set(at, this.#nodes[parent] ?? 0, this.#latencyAt(parent));
      at = parent;
    }
    this.#set(at, node, latency);
  }

  /** The nearest node. Call only if there is one. */
  pop(): number {
    const nearest = this.#nodes[0] ?? 0;
    this.#size -= 1;
    const [node, latency] = [this.#nodes[this.#size] ?? 0, this.#latencyAt(this.#size)];
    let at = 0;
    for (let child = this.#nearerChild(at); child < this.#size && this.#latencyAt(child) < latency; ) {
      this.#set(at, this.#nodes[child] ?? 0, this.#latencyAt(child));
      at = child;
      child = this.#nearerChild(at);
    }
    this.#set(at, node, latency);
    return nearest;
  }

  #nearerChild(at: number): number {
    const left = 2 * at + 1;
    return left + 1 < this.#size && this.#latencyAt(left + 1) < this.#latencyAt(left) ? left + 1 : left;
  }

  #latencyAt(at: number): number {
    return this.#latencies[at] ?? Infinity;
  }

  #set(at: number, node: number, latency: number): void {
    this.#nodes[at] = node;
    this.#latencies[at] = latency;
  }
}
