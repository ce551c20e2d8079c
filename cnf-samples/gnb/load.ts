/** Brings UEs at a set rate and lets each make its visit. */
import type { Counters } from "../counters.ts";
import type { SampleDeps } from "../sample.ts";
import type { N2Client } from "./n2-client.ts";
import { type ArrivalPlan, arrivalsBy, isOver, type UeRange, ueIdentity } from "./rules.ts";
import type { Ue, UeSettings } from "./ue-procedures.ts";
import { type VisitTools, visit } from "./ue-visit.ts";

export interface LoadOptions {
  readonly arrivals: ArrivalPlan;
  /** UEs under way at once; who comes while there are so many is turned away and counted. */
  readonly concurrencyMax: number;
  readonly range: UeRange;
  readonly settings: UeSettings;
  readonly n2: readonly N2Client[];
  readonly tools: VisitTools;
  readonly counters: Counters;
  readonly deps: SampleDeps;
}

const tickMs = 10;

export class Load {
  readonly #options: LoadOptions;
  readonly #sqnMax = new Map<string, bigint>();
  readonly #underWay = new Set<Promise<void>>();
  readonly finished: Promise<void>;
  #finish: () => void = () => undefined;
  #startMs: number | undefined;
  #endMs: number | undefined;
  #arrived = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get active(): number {
    return this.#underWay.size;
  }

  /** Time since the first arrival, until the load was over. */
  get elapsedMs(): number {
    if (this.#startMs === undefined) return 0;
    return (this.#endMs ?? this.#options.deps.nowMs()) - this.#startMs;
  }

  /** The first UE comes now. */
  start(): void {
    if (this.#startMs !== undefined) return;
    this.#startMs = this.#options.deps.nowMs();
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#tick();
  }

  /** No further UE comes; those under way are not waited for. */
  stop(): void {
    clearInterval(this.#timer);
    this.#endMs ??= this.#options.deps.nowMs();
    this.#finish();
  }

  #tick(): void {
    const { arrivals, deps } = this.#options;
    const elapsedMs = deps.nowMs() - (this.#startMs ?? 0);
    for (const due = arrivalsBy(arrivals, elapsedMs); this.#arrived < due; this.#arrived++) this.#arrive(this.#arrived);
    if (!isOver(arrivals, elapsedMs, this.#arrived)) return;
    clearInterval(this.#timer);
    void Promise.all(this.#underWay).then(() => this.stop());
  }

  #arrive(n: number): void {
    const { concurrencyMax, counters } = this.#options;
    counters.add("uesArrived");
    if (this.#underWay.size >= concurrencyMax) {
      counters.add("uesTurnedAway");
      return;
    }
    const underWay: Promise<void> = this.#visit(n).finally(() => this.#underWay.delete(underWay));
    this.#underWay.add(underWay);
  }

  async #visit(n: number): Promise<void> {
    const { range, settings, n2, tools, counters } = this.#options;
    const client = n2[n % n2.length];
    const identity = ueIdentity(range, n);
    if (!client?.isSetUp) {
      tools.statistics.fail("registration", "no-amf");
      counters.add("uesFailed");
      return;
    }
    const channel = client.openUe(n % 2 ** 32);
    const ue: Ue = { identity, channel, settings, sqnMax: this.#sqnMax.get(identity.supi) ?? 0n, amfUeNgapId: 0 };
    const isServed = await visit(ue, tools);
    counters.add(isServed ? "uesServed" : "uesFailed");
    this.#sqnMax.set(identity.supi, ue.sqnMax);
    channel.close();
  }
}
