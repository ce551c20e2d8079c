/** Keeps the few header fields that metering wants out of each header block of one direction. */
import type { Buffer } from "node:buffer";
import { methodNumber } from "../http1/method.ts";
import { HeaderFields } from "./header-fields.ts";
import { HpackDecoder } from "./hpack/hpack-decoder.ts";

const TABLE_BYTES_FIRST = 4096;
/** What says whose request it is. */
const keptNames: ReadonlySet<string> = new Set([
  ":method",
  ":path",
  ":authority",
  "host",
  "user-agent",
  "traceparent",
  "tracestate",
]);
/** Of those, counted as RFC 9113 does. */
const KEPT_BYTES_MAX = 16 * 1024;

export class HeaderReader {
  /** Of the last block: 0, "" and -1 where the field was absent. */
  statusCode = 0;
  grpcStatus = -1;
  method = 0;
  path = "";
  /** What says whose request it is, if it is asked for. */
  kept: HeaderFields | undefined;
  /** Why blocks are no longer read, or "". One unreadable block makes all later ones unreadable. */
  problem = "";

  private readonly tableBytesMax: number;
  private readonly keepsFields: () => boolean;
  private readonly decoder: HpackDecoder;

  /** @param keepsFields asked at each block */
  constructor(tableBytesMax: number, keepsFields: () => boolean = () => false) {
    this.tableBytesMax = tableBytesMax;
    this.keepsFields = keepsFields;
    this.decoder = new HpackDecoder(TABLE_BYTES_FIRST);
  }

  /** The receiver allows its peer a table of this size. */
  allowTableBytes(byteCount: number): void {
    if (byteCount <= this.tableBytesMax) this.decoder.allowTableBytes(byteCount);
    else if (this.problem === "")
      this.problem = `HPACK table of ${byteCount} bytes is above the limit of ${this.tableBytesMax}`;
  }

  read(bytes: Buffer, byteCount: number): void {
    this.statusCode = 0;
    this.grpcStatus = -1;
    this.method = 0;
    this.path = "";
    this.kept = this.keepsFields() ? new HeaderFields(KEPT_BYTES_MAX) : undefined;
    if (this.problem === "") this.problem = this.decoder.decode(bytes, 0, byteCount, this);
  }

  /** Called by the decoder. */
  wants(name: string): boolean {
    if (name === ":status" || name === "grpc-status" || name === ":path" || name === ":method") return true;
    return this.kept !== undefined && keptNames.has(name);
  }

  /** Called by the decoder. */
  field(name: string, value: string): void {
    if (this.kept !== undefined && keptNames.has(name)) this.kept.field(name, value);
    if (name === ":status") this.statusCode = /^[1-5]\d\d$/.test(value) ? Number(value) : 0;
    else if (name === "grpc-status") this.grpcStatus = /^\d{1,2}$/.test(value) ? Number(value) : -1;
    else if (name === ":method") this.method = methodNumber(value);
    else if (name === ":path") this.path = value;
  }
}
