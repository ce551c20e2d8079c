/** The entries that an HPACK encoder chose to remember (RFC 7541 section 2.3.2), newest first, evicted by size. */

/** What every entry costs beside its text (RFC 7541 section 4.1). */
const ENTRY_BYTES = 32;

export class DynamicTable {
  /** Names and values hold one byte per character. */
  private names: string[] = [];
  private values: string[] = [];
  private oldest = 0;
  private byteCount = 0;
  private byteCountMax: number;

  constructor(byteCountMax: number) {
    this.byteCountMax = byteCountMax;
  }

  get count(): number {
    return this.names.length - this.oldest;
  }

  /** `age` 0 is the newest entry; undefined beyond the oldest. */
  name(age: number): string | undefined {
    return age < this.count ? this.names[this.names.length - 1 - age] : undefined;
  }

  value(age: number): string | undefined {
    return age < this.count ? this.values[this.values.length - 1 - age] : undefined;
  }

  /** An entry larger than the table empties it, as the RFC has it. */
  add(name: string, value: string): void {
    const byteCount = ENTRY_BYTES + name.length + value.length;
    this.evictTo(this.byteCountMax - byteCount);
    if (byteCount > this.byteCountMax) return;
    this.names.push(name);
    this.values.push(value);
    this.byteCount += byteCount;
  }

  resize(byteCountMax: number): void {
    this.byteCountMax = byteCountMax;
    this.evictTo(byteCountMax);
  }

  private evictTo(byteCount: number): void {
    while (this.byteCount > byteCount && this.count > 0) {
      const name = this.names[this.oldest] ?? "";
      const value = this.values[this.oldest] ?? "";
      this.byteCount -= ENTRY_BYTES + name.length + value.length;
      this.oldest++;
    }
    if (this.oldest > 64 && this.oldest * 2 > this.names.length) this.compact();
  }

  private compact(): void {
    this.names = this.names.slice(this.oldest);
    this.values = this.values.slice(this.oldest);
    this.oldest = 0;
  }
}
