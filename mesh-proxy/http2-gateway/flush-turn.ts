/** Sends what sessions wrote once per turn of the event loop, so that the frames of many streams go out in one system call. */
export interface Flushable {
  flush(): void;
}

export class FlushTurn {
  private readonly due = new Set<Flushable>();

  add(flushable: Flushable): void {
    if (this.due.size === 0) setImmediate(() => this.flush());
    this.due.add(flushable);
  }

  private flush(): void {
    const all = [...this.due];
    this.due.clear();
    for (const flushable of all) flushable.flush();
  }
}
