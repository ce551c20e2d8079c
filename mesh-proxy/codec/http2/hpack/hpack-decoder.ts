/** Decodes header blocks (RFC 7541). Fields nobody wants are not turned into text unless the table must remember them. */
import { Buffer } from "node:buffer";
import { DynamicTable } from "./dynamic-table.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

export interface HeaderSink {
  wants(name: string): boolean;
  /** Text has one character per byte. `isSecret`: whoever encodes it again must not let a table remember it, either. */
  field(name: string, value: string, isSecret: boolean): void;
}

/** Fields of one block; each takes at least one byte, so a block of 64 KiB could say many. */
const FIELD_COUNT_MAX = 1000;
/** Names and values of one block, decoded; indexed fields let few bytes say much (RFC 9113 section 10.5.1). */
const DECODED_BYTES_MAX = 256 * 1024;
const INTEGER_MAX = 2 ** 28;

export class HpackDecoder {
  private readonly table: DynamicTable;
  private tableBytesAllowed: number;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private end = 0;
  private problem = "";
  private decodedBytes = 0;

  constructor(tableBytes: number) {
    this.table = new DynamicTable(tableBytes);
    this.tableBytesAllowed = tableBytes;
  }

  /** What the encoder may choose from now on. A smaller table is waited for: the encoder says so itself once it knows. */
  allowTableBytes(byteCount: number): void {
    this.tableBytesAllowed = Math.max(this.tableBytesAllowed, byteCount);
  }

  /** Reads the whole block `bytes[start, end)`. @returns why it cannot be read, or "". After a problem the table is of no use. */
  decode(bytes: Buffer, start: number, end: number, sink: HeaderSink): string {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.problem = "";
    this.decodedBytes = 0;
    let fieldCount = 0;
    while (this.at < this.end && this.problem === "") {
      const byte = this.bytes[this.at] as number;
      if ((byte & 0xe0) === 0x20) {
        if (fieldCount > 0) this.fail("table size update behind a field");
        this.resizeTable();
      } else {
        if (++fieldCount > FIELD_COUNT_MAX) this.fail(`more than ${FIELD_COUNT_MAX} fields`);
        if (byte >= 0x80) this.indexed(sink);
        else if (byte >= 0x40) this.literal(6, byte, sink);
        else this.literal(4, byte, sink);
      }
      if (this.decodedBytes > DECODED_BYTES_MAX) this.fail(`fields are longer than ${DECODED_BYTES_MAX} bytes`);
    }
    return this.problem;
  }

  private indexed(sink: HeaderSink): void {
    const index = this.integer(7);
    const name = this.nameAt(index);
    const value = index <= STATIC_COUNT ? STATIC_VALUES[index] : this.table.value(index - STATIC_COUNT - 1);
    if (name === undefined || value === undefined) {
      this.fail(`index ${index} is not in the table`);
      return;
    }
    this.decodedBytes += name.length + value.length;
    if (sink.wants(name)) sink.field(name, value, false);
  }

  private literal(prefixBits: number, pattern: number, sink: HeaderSink): void {
    const isRemembered = pattern >= 0x40;
    const index = this.integer(prefixBits);
    const name = index === 0 ? this.text(true) : this.nameAt(index);
    if (name === undefined) {
      this.fail(`index ${index} is not in the table`);
      return;
    }
    const isWanted = this.problem === "" && sink.wants(name);
    const value = this.text(isWanted || isRemembered);
    if (this.problem !== "") return;
    this.decodedBytes += name.length + value.length;
    if (isRemembered) this.table.add(name, value);
    if (isWanted) sink.field(name, value, !isRemembered && pattern >= 0x10);
  }

  private resizeTable(): void {
    const byteCount = this.integer(5);
    if (byteCount > this.tableBytesAllowed)
      this.fail(`table of ${byteCount} bytes, ${this.tableBytesAllowed} are allowed`);
    if (this.problem === "") this.table.resize(byteCount);
  }

  private nameAt(index: number): string | undefined {
    if (index === 0) return undefined;
    return index <= STATIC_COUNT ? STATIC_NAMES[index] : this.table.name(index - STATIC_COUNT - 1);
  }

  /** RFC 7541 section 5.1. */
  private integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    const first = (this.bytes[this.at++] as number) & mask;
    if (first < mask) return first;
    let value = mask;
    for (let shift = 0; shift <= 28; shift += 7) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value < INTEGER_MAX ? value : this.failAt0("an integer is too large");
    }
    return this.failAt0("an integer is too long or cut off");
  }

  /** RFC 7541 section 5.2. "" when the text is not needed or cannot be read. */
  private text(isNeeded: boolean): string {
    if (this.problem !== "" || this.at >= this.end) return this.failEmpty("a string is cut off");
    const isHuffman = (this.bytes[this.at] as number) >= 0x80;
    const length = this.integer(7);
    const start = this.at;
    if (length > this.end - start) return this.failEmpty("a string is cut off");
    this.at = start + length;
    if (!isNeeded) return "";
    const text = isHuffman ? decodeHuffman(this.bytes, start, this.at) : latin1(this.bytes, start, this.at);
    return text ?? this.failEmpty("a string is no valid Huffman code");
  }

  private fail(problem: string): void {
    if (this.problem === "") this.problem = `HPACK: ${problem}`;
  }

  private failAt0(problem: string): number {
    this.fail(problem);
    return 0;
  }

  private failEmpty(problem: string): string {
    this.fail(problem);
    return "";
  }
}

function latin1(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}
