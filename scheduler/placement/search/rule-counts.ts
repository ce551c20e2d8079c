import type { DomainRules } from "./domain-rules.ts";
import { SpreadCount } from "./spread-count.ts";

/** How far a placement breaks spread and apart, kept exact under small changes; a service without rules costs nothing. */
export class RuleCounts {
  /** Replicas too many in their domain, and pairs of replicas that may not share theirs, added up: 0 if all rules are kept. */
  excess = 0;
  readonly #rules: DomainRules;
  readonly #spreads: readonly (readonly SpreadCount[])[];
  /** By service, its replicas by division and domain where a rule asks. */
  readonly #counts: readonly (readonly (Int32Array | undefined)[])[];
  readonly #isBound: Uint8Array;

  /** Nothing stands yet. */
  constructor(rules: DomainRules, replicas: Int32Array) {
    const { spreads, aparts, divisions } = rules;
    const domainCounts = divisions.map((ofNode) => ofNode.reduce((most, domain) => Math.max(most, domain), -1) + 1);
    this.#rules = rules;
    this.#spreads = spreads.map((each, service) => each.map((rule) => new SpreadCount(rule, replicas[service] ?? 0)));
    this.#counts = aparts.map((each) => {
      const own: Int32Array[] = [];
      for (const { division } of each) own[division] ??= new Int32Array(domainCounts[division] ?? 0);
      return own;
    });
    this.#isBound = Uint8Array.from(spreads, (each, service) =>
      Math.sign(each.length + (aparts[service]?.length ?? 0)),
    );
  }

  /** Whether any rule speaks of it. */
  isBound(service: number): boolean {
    return this.#isBound[service] === 1;
  }

  /** @param count below 0 if they leave. */
  change(service: number, node: number, count: number): void {
    if (this.#isBound[service] === 0) return;
    for (const spread of this.#spreads[service] ?? []) {
      this.excess -= spread.excess;
      spread.change(node, count);
      this.excess += spread.excess;
    }
    this.#changeAparts(service, node, count);
  }

  /**
   * Whether so many may come there, as kube-scheduler sees it: nobody is there from whom the service is apart, the domain has not
   * too many then, and no spread is less even for their leaving. `from` is -1 if they stand nowhere yet.
   */
  admits(service: number, from: number, to: number, count: number): boolean {
    if (this.#isBound[service] === 0) return true;
    for (const spread of this.#spreads[service] ?? []) if (!spread.admits(from, to, count)) return false;
    for (const { division, other } of this.#rules.aparts[service] ?? []) {
      const ofNode = this.#rules.divisions[division] as Int32Array;
      const domain = ofNode[to] as number;
      if (domain < 0) continue;
      const there = this.#counts[other]?.[division]?.[domain] as number;
      const isLeft = from >= 0 && ofNode[from] === domain;
      if (other === service ? there + (isLeft ? 0 : count) > 1 : there > 0) return false;
    }
    return true;
  }

  /** Less may be broken by what kube-scheduler would refuse, as when two services that are apart share all their domains. */
  admitsOrMends(service: number, from: number, to: number, count: number): boolean {
    if (this.admits(service, from, to, count)) return true;
    return this.excess > 0 && this.excessAfter(service, from, to, count) < this.excess;
  }

  /** What `excess` would be after it; `from` is -1 if they stand nowhere yet. */
  excessAfter(service: number, from: number, to: number, count: number): number {
    if (this.#isBound[service] === 0) return this.excess;
    if (from >= 0) this.change(service, from, -count);
    this.change(service, to, count);
    const after = this.excess;
    this.change(service, to, -count);
    if (from >= 0) this.change(service, from, count);
    return after;
  }

  /** Services that must leave the node's domains before this one may come, the same one twice if in two divisions. */
  *opponents(service: number, node: number): Generator<{ readonly other: number; readonly division: Int32Array }> {
    for (const { division, other } of this.#rules.aparts[service] ?? []) {
      const ofNode = this.#rules.divisions[division] as Int32Array;
      const domain = ofNode[node] as number;
      if (domain >= 0 && (this.#counts[other]?.[division]?.[domain] as number) > 0) yield { other, division: ofNode };
    }
  }

  #changeAparts(service: number, node: number, count: number): void {
    for (const { division, other } of this.#rules.aparts[service] ?? []) {
      const domain = this.#rules.divisions[division]?.[node] as number;
      if (domain < 0) continue;
      const beside = this.#counts[other]?.[division]?.[domain] as number;
      // Of n replicas of one service, n * (n - 1) / 2 pairs share the domain.
      this.excess += other === service ? (count * (2 * beside + count - 1)) / 2 : count * beside;
    }
    for (const [division, ofDomain] of (this.#counts[service] ?? []).entries()) {
      const domain = this.#rules.divisions[division]?.[node] as number;
      if (ofDomain !== undefined && domain >= 0) ofDomain[domain] = (ofDomain[domain] as number) + count;
    }
  }
}
