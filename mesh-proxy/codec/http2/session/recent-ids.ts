/** The last stream numbers that something happened to; older ones are forgotten. */
const COUNT_MAX = 1024;

export class RecentIds {
  private readonly ids = new Set<number>();

  add(id: number): void {
    this.ids.add(id);
    if (this.ids.size <= COUNT_MAX) return;
    const [oldest] = this.ids;
    if (oldest !== undefined) this.ids.delete(oldest);
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }
}
