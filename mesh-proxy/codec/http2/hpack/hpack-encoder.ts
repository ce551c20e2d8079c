/**
 * Encodes header blocks (RFC 7541) for one direction of one connection: by the static table, and by a dynamic table of the last
 * fields that are likely to come again. Texts are written as they are: Huffman would save bytes between pods for cycles.
 */
import type { FrameWriter } from "../frame-writer.ts";
import type { HeaderFields } from "../header-fields.ts";
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

const ENTRY_BYTES = 32;
/** The default of SETTINGS_HEADER_TABLE_SIZE; larger ones would cost memory per connection. */
const TABLE_BYTES_MAX = 4096;
/** A longer value would push out too many others. */
const REMEMBERED_BYTES_MAX = 512;
/** They seldom come twice. */
const FLEETING: ReadonlySet<string> = new Set([
  ":path",
  "content-length",
  "etag",
  "location",
  "last-modified",
  "range",
]);

interface Entry {
  readonly key: string;
  readonly name: string;
  readonly byteCount: number;
}

export class HpackEncoder {
  private byteCountMax = TABLE_BYTES_MAX;
  private byteCount = 0;
  /** Oldest first, from `oldest` on. */
  private entries: Entry[] = [];
  private oldest = 0;
  /** Entries ever added and dropped from `entries`, so that numbers stay what they were. */
  private droppedCount = 0;
  /** The newest entry's number with this field, or with this name. */
  private readonly byField = new Map<string, number>();
  private readonly byName = new Map<string, number>();
  /** The smallest size since the last block, and whether the peer must be told. */
  private leastBytes = TABLE_BYTES_MAX;
  private isResized = false;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  allowTableBytes(byteCount: number): void {
    const byteCountMax = Math.min(byteCount, TABLE_BYTES_MAX);
    if (byteCountMax === this.byteCountMax) return;
    this.byteCountMax = byteCountMax;
    this.leastBytes = Math.min(this.isResized ? this.leastBytes : TABLE_BYTES_MAX, byteCountMax);
    this.isResized = true;
    this.evictTo(byteCountMax);
  }

  encode({ texts, secrets }: HeaderFields, out: FrameWriter): void {
    if (this.isResized) this.sayResized(out);
    for (let at = 0; at < texts.length; at += 2) {
      this.field(texts[at] as string, texts[at + 1] as string, secrets?.has(at) === true, out);
    }
  }

  private field(name: string, value: string, isSecret: boolean, out: FrameWriter): void {
    const key = `${name}\n${value}`;
    if (!isSecret) {
      const staticIndex = STATIC_BY_FIELD.get(key);
      if (staticIndex !== undefined) {
        out.integer(0x80, 7, staticIndex);
        return;
      }
      const number = this.byField.get(key);
      if (number !== undefined) {
        out.integer(0x80, 7, this.indexOf(number));
        return;
      }
    }
    const nameIndex = STATIC_BY_NAME.get(name) ?? this.nameIndex(name);
    const isRemembered = !isSecret && value.length <= REMEMBERED_BYTES_MAX && !FLEETING.has(name);
    if (isRemembered) out.integer(0x40, 6, nameIndex);
    else out.integer(isSecret ? 0x10 : 0, 4, nameIndex);
    if (nameIndex === 0) out.text(name);
    out.text(value);
    if (isRemembered) this.add({ key, name, byteCount: ENTRY_BYTES + name.length + value.length });
  }

  private nameIndex(name: string): number {
    const number = this.byName.get(name);
    return number === undefined ? 0 : this.indexOf(number);
  }

  /** The newest entry comes first (RFC 7541 section 2.3.3). */
  private indexOf(number: number): number {
    return STATIC_COUNT + this.droppedCount + this.entries.length - number;
  }

  private add(entry: Entry): void {
    this.evictTo(this.byteCountMax - entry.byteCount);
    if (entry.byteCount > this.byteCountMax) return;
    const number = this.droppedCount + this.entries.length;
    this.entries.push(entry);
    this.byteCount += entry.byteCount;
    this.byField.set(entry.key, number);
    this.byName.set(entry.name, number);
  }

  private evictTo(byteCount: number): void {
    while (this.byteCount > byteCount && this.oldest < this.entries.length) {
      const number = this.droppedCount + this.oldest;
      const { key, name, byteCount: freed } = this.entries[this.oldest++] as Entry;
      this.byteCount -= freed;
      if (this.byField.get(key) === number) this.byField.delete(key);
      if (this.byName.get(name) === number) this.byName.delete(name);
    }
    if (this.oldest < 64 || this.oldest * 2 < this.entries.length) return;
    this.entries = this.entries.slice(this.oldest);
    this.droppedCount += this.oldest;
    this.oldest = 0;
  }

  /** RFC 7541 section 4.2: the smallest size in between is said, too. */
  private sayResized(out: FrameWriter): void {
    if (this.leastBytes < this.byteCountMax) out.integer(0x20, 5, this.leastBytes);
    out.integer(0x20, 5, this.byteCountMax);
    this.isResized = false;
  }
}

const STATIC_BY_FIELD = new Map<string, number>();
const STATIC_BY_NAME = new Map<string, number>();
for (let index = STATIC_COUNT; index >= 1; index--) {
  STATIC_BY_NAME.set(STATIC_NAMES[index] as string, index);
  if (STATIC_VALUES[index] !== "") STATIC_BY_FIELD.set(`${STATIC_NAMES[index]}\n${STATIC_VALUES[index]}`, index);
}
