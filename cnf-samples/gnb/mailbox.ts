/** What arrives for one waiting reader, in order. */
export class Mailbox<Item> {
  readonly #itemsMax: number;
  readonly #items: Item[] = [];
  #reader: ((item: Item | undefined) => void) | undefined;
  #isClosed = false;

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  /** False when the box is full or closed, and the item was dropped. */
  put(item: Item): boolean {
    if (this.#reader) {
      this.#settle(item);
      return true;
    }
    if (this.#isClosed || this.#items.length >= this.#itemsMax) return false;
    this.#items.push(item);
    return true;
  }

  /** The next item; undefined when none came in time or the box is closed. */
  take(timeoutMs: number): Promise<Item | undefined> {
    const item = this.#items.shift();
    if (item !== undefined || this.#isClosed) return Promise.resolve(item);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(undefined), timeoutMs);
      this.#reader = (arrived) => {
        clearTimeout(timer);
        resolve(arrived);
      };
    });
  }

  /** Drops what nobody has taken. */
  clear(): void {
    this.#items.length = 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#settle(undefined);
  }

  #settle(item: Item | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(item);
  }
}
