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
    const now = new Map(
      [...rates].map(([name, rate]) => {
        const held = before?.get(name) ?? 0;
        return [name, Math.abs(rate - held) > this.#change * held ? rate : held];
      }),
    );
    this.#held.set(owner, now);
    return now;
  }

  /** Keeps the rates of those owners only. */
  keepOnly(isKnown: (owner: string) => boolean): void {
    for (const owner of this.#held.keys()) if (!isKnown(owner)) this.#held.delete(owner);
  }
}
