import type { SpreadRule } from "./domain-rules.ts";

/** How evenly one service lies over its domains, kept under changes of a few replicas in time that their number bounds. */
export class SpreadCount {
  readonly #rule: SpreadRule;
  /** Replicas by domain. */
  readonly #counts: Int32Array;
  /** How many domains have so many replicas. */
  readonly #domainsWith: Int32Array;
  #least = 0;
  #most = 0;
  /** Replicas that domains have beyond those of the emptiest and `skewMax`, added up: 0 if the rule is kept. */
  excess = 0;

  /** Nothing stands yet. */
  constructor(rule: SpreadRule, replicas: number) {
    this.#rule = rule;
    this.#counts = new Int32Array(rule.domainCount);
    this.#domainsWith = new Int32Array(replicas + 1);
    this.#domainsWith[0] = rule.domainCount;
  }

  /** @param count below 0 if they leave. */
  change(node: number, count: number): void {
    const domain = this.#rule.ofNode[node] as number;
    if (domain < 0) return;
    const before = this.#counts[domain] as number;
    const after = before + count;
    this.#counts[domain] = after;
    this.#domainsWith[before] = (this.#domainsWith[before] as number) - 1;
    this.#domainsWith[after] = (this.#domainsWith[after] as number) + 1;
    if (after < this.#least) this.#least = after;
    while (this.#domainsWith[this.#least] === 0) this.#least += 1;
    if (after > this.#most) this.#most = after;
    while (this.#domainsWith[this.#most] === 0) this.#most -= 1;
    this.#count();
  }

  /** Whether so many may go there: their domain has not too many then, and the whole is no less even. `from` may be -1. */
  admits(from: number, to: number, count: number): boolean {
    const before = this.excess;
    if (from >= 0) this.change(from, -count);
    this.change(to, count);
    const domain = this.#rule.ofNode[to] as number;
    const isFull = domain >= 0 && (this.#counts[domain] as number) > this.#least + this.#rule.skewMax;
    const isAdmitted = !isFull && this.excess <= before;
    this.change(to, -count);
    if (from >= 0) this.change(from, count);
    return isAdmitted;
  }

  #count(): void {
    const allowed = this.#least + this.#rule.skewMax;
    this.excess = 0;
    for (let count = allowed + 1; count <= this.#most; count++)
      this.excess += (count - allowed) * (this.#domainsWith[count] as number);
  }
}
