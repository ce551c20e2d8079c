/** Measured rates that stay as they were until they have moved far enough, so that what is made of them stays too. */
export class HeldRates {
  readonly #change: number;
  readonly #held = new Map<string, ReadonlyMap<string, number>>();

  /** @param change a rate has moved when it differs by more than this part from what it was. */
  constructor(change: number) {
    this.#change = change;
  }

  /** The rates of `owner`, each as it was last held unless it has moved. */
  hold(owner: string, rates: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const before = this.#held.get(owner);
    const now = new Map([...rates].map(([name, rate]) => [name, this.#heldRate(before?.get(name) ?? 0, rate)]));
    this.#held.set(owner, now);
    return now;
  }

  /** Whether `hold` would answer something else than the last time. */
  hasMoved(owner: string, rates: ReadonlyMap<string, number>): boolean {
    const before = this.#held.get(owner) ?? new Map<string, number>();
    const isMoved = ([name, rate]: readonly [string, number]) => {
      const held = before.get(name);
      return held === undefined || this.#heldRate(held, rate) !== held;
    };
    return before.size !== rates.size || [...rates].some(isMoved);
  }

  /** Keeps the rates of those owners only. */
  keepOnly(isKnown: (owner: string) => boolean): void {
    for (const owner of this.#held.keys()) if (!isKnown(owner)) this.#held.delete(owner);
  }

  #heldRate(held: number, rate: number): number {
    return Math.abs(rate - held) > this.#change * held ? rate : held;
  }
}
