/** How often each rule decided, or only watched. */
export interface AuthorizationCount {
  readonly policy: string;
  readonly rule: string;
  readonly action: string;
  count: number;
  /** When it was last told of in the log; 0 is never. */
  loggedAtMs: number;
}

export type AuthorizationLabels = Pick<AuthorizationCount, "policy" | "rule" | "action">;

export class AuthorizationTable {
  private readonly countsMax: number;
  private readonly byKey = new Map<string, AuthorizationCount>();
  /** Most requests are decided by the rule that decided the one before. */
  private last: { readonly labels: AuthorizationLabels; readonly entry: AuthorizationCount } | undefined;

  constructor(countsMax: number) {
    this.countsMax = countsMax;
  }

  /** Makes room by dropping the rule that was first met longest ago: rules come and go with policies. */
  count(labels: AuthorizationLabels): AuthorizationCount {
    if (this.last?.labels !== labels) this.last = { labels, entry: this.entryOf(labels) };
    const { entry } = this.last;
    entry.count++;
    return entry;
  }

  private entryOf({ policy, rule, action }: AuthorizationLabels): AuthorizationCount {
    const key = `${action} ${policy} ${rule}`;
    let entry = this.byKey.get(key);
    if (entry === undefined) {
      entry = { policy, rule, action, count: 0, loggedAtMs: 0 };
      if (this.byKey.size >= this.countsMax) {
        const [oldest = ""] = this.byKey.keys();
        this.byKey.delete(oldest);
      }
      this.byKey.set(key, entry);
    }
    return entry;
  }

  all(): Iterable<AuthorizationCount> {
    return this.byKey.values();
  }
}
