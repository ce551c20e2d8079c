/** Which endpoint a session of datagrams has: nothing but the clock and whoever pinned it takes it away. */

/** What several tables have room for together. */
export class SessionBudget {
  readonly sessionsMax: number;
  count = 0;

  constructor(sessionsMax: number) {
    this.sessionsMax = sessionsMax;
  }
}

export interface Session<P> {
  pinned: P;
  /** Without a datagram for longer than this it is over, ms. */
  idleMs: number;
  lastMs: number;
}

/**
 * A session that is live is never dropped for a new one, which is refused instead: who makes up ports or tunnels must not be able to move
 * those of others. All calls but `expire` are O(1).
 */
export class SessionTable<P> {
  private readonly budget: SessionBudget;
  private readonly byKey = new Map<string | number, Session<P>>();

  constructor(budget: SessionBudget) {
    this.budget = budget;
  }

  get size(): number {
    return this.byKey.size;
  }

  /** The live session, which lives on from `nowMs`. */
  find(key: string | number, nowMs: number): Session<P> | undefined {
    const session = this.byKey.get(key);
    if (session === undefined) return undefined;
    if (isOver(session, nowMs)) {
      this.release(key);
      return undefined;
    }
    session.lastMs = nowMs;
    return session;
  }

  /** Begins a session under a key that has none. @returns undefined when there is no room */
  begin(key: string | number, pinned: P, { idleMs, nowMs }: SessionTimes): Session<P> | undefined {
    if (this.budget.count >= this.budget.sessionsMax) return undefined;
    const session = { pinned, idleMs, lastMs: nowMs };
    this.byKey.set(key, session);
    this.budget.count++;
    return session;
  }

  release(key: string | number): void {
    if (this.byKey.delete(key)) this.budget.count--;
  }

  releaseAll(): void {
    this.budget.count -= this.byKey.size;
    this.byKey.clear();
  }

  /** Drops those that are over. @returns how many. O(sessions). */
  expire(nowMs: number): number {
    const before = this.byKey.size;
    for (const [key, session] of this.byKey) if (isOver(session, nowMs)) this.release(key);
    return before - this.byKey.size;
  }
}

export interface SessionTimes {
  readonly idleMs: number;
  readonly nowMs: number;
}

function isOver({ lastMs, idleMs }: Session<unknown>, nowMs: number): boolean {
  return nowMs - lastMs > idleMs;
}
