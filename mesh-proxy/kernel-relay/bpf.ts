/** bpf(2) as far as the relay needs it: maps, one program, its attachment. */
import { Buffer } from "node:buffer";
import { closeSync } from "node:fs";
import { errorName } from "../../platform/system-calls/error-name.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";

/** Commands and types (`linux/bpf.h`). */
const MAP_CREATE = 0;
const MAP_LOOKUP = 1;
const MAP_UPDATE = 2;
const MAP_DELETE = 3;
const PROG_LOAD = 5;
const PROG_ATTACH = 8;
const PROG_DETACH = 9;
const MAP_TYPES = { hash: 1, sockhash: 18 } as const;
const NO_PREALLOC = 1;
const SK_SKB = 14;
const STREAM_VERDICT = 5;
const ATTRIBUTE_BYTES = 128;
const LOG_BYTES = 65_536;

/** Calls that must go well; @throws Error with the call's name and the error's. */
export class Bpf {
  private readonly calls: SystemCalls;

  constructor(calls: SystemCalls) {
    this.calls = calls;
  }

  createMap(
    name: string,
    options: { readonly type: keyof typeof MAP_TYPES; readonly valueBytes: number; readonly entriesMax: number },
  ): BpfMap {
    const attributes = Buffer.alloc(ATTRIBUTE_BYTES);
    attributes.writeUInt32LE(MAP_TYPES[options.type], 0);
    attributes.writeUInt32LE(KEY_BYTES, 4);
    attributes.writeUInt32LE(options.valueBytes, 8);
    attributes.writeUInt32LE(options.entriesMax, 12);
    attributes.writeUInt32LE(options.type === "hash" ? NO_PREALLOC : 0, 16);
    attributes.write(name, 28, 15, "latin1");
    const fd = must(`creating the map ${name}`, this.calls.bpf(MAP_CREATE, attributes));
    return new BpfMap(this.calls, fd, options.valueBytes);
  }

  /** @returns its descriptor. @throws with the end of what the kernel's verifier says, when it refuses */
  loadVerdict(name: string, code: Buffer): number {
    const attributes = Buffer.alloc(ATTRIBUTE_BYTES);
    const licence = Buffer.from("Apache-2.0\0");
    const log = Buffer.alloc(LOG_BYTES);
    attributes.writeUInt32LE(SK_SKB, 0);
    attributes.writeUInt32LE(code.length / 8, 4);
    attributes.writeBigUInt64LE(this.calls.addressOf(code), 8);
    attributes.writeBigUInt64LE(this.calls.addressOf(licence), 16);
    attributes.writeUInt32LE(1, 24);
    attributes.writeUInt32LE(log.length, 28);
    attributes.writeBigUInt64LE(this.calls.addressOf(log), 32);
    attributes.write(name, 48, 15, "latin1");
    attributes.writeUInt32LE(STREAM_VERDICT, 68);
    const result = this.calls.bpf(PROG_LOAD, attributes);
    const said = log.toString("latin1", 0, log.indexOf(0)).trim().split("\n").slice(-6).join("; ");
    return must(`loading the program ${name}${said === "" ? "" : ` (${said})`}`, result);
  }

  attachVerdict(map: BpfMap, program: number): void {
    must("attaching the program", this.calls.bpf(PROG_ATTACH, attachment(map, program)));
  }

  detachVerdict(map: BpfMap, program: number): void {
    this.calls.bpf(PROG_DETACH, attachment(map, program));
  }
}

const KEY_BYTES = 8;
const VALUE_AT = 16;

/** A map with 64-bit keys. Results are the kernel's: 0, or an error's number, negated. */
export class BpfMap {
  readonly fd: number;
  /** What `lookup` found, and what `update` writes. */
  readonly value: Buffer;

  private readonly calls: SystemCalls;
  private readonly key = Buffer.alloc(KEY_BYTES);
  private readonly attributes = Buffer.alloc(ATTRIBUTE_BYTES);
  private readonly valueAddress: bigint;

  constructor(calls: SystemCalls, fd: number, valueBytes: number) {
    this.calls = calls;
    this.fd = fd;
    this.value = Buffer.alloc(valueBytes);
    this.attributes.writeUInt32LE(fd, 0);
    this.attributes.writeBigUInt64LE(calls.addressOf(this.key), 8);
    this.valueAddress = calls.addressOf(this.value);
    this.attributes.writeBigUInt64LE(this.valueAddress, VALUE_AT);
  }

  lookup(key: bigint): number {
    return this.call(MAP_LOOKUP, key);
  }

  update(key: bigint): number {
    return this.call(MAP_UPDATE, key);
  }

  delete(key: bigint): number {
    // The kernel refuses a deletion that names a value.
    this.attributes.writeBigUInt64LE(0n, VALUE_AT);
    const result = this.call(MAP_DELETE, key);
    this.attributes.writeBigUInt64LE(this.valueAddress, VALUE_AT);
    return result;
  }

  close(): void {
    closeSync(this.fd);
  }

  private call(command: number, key: bigint): number {
    this.key.writeBigUInt64LE(key);
    return this.calls.bpf(command, this.attributes);
  }
}

function attachment(map: BpfMap, program: number): Buffer {
  const attributes = Buffer.alloc(ATTRIBUTE_BYTES);
  attributes.writeUInt32LE(map.fd, 0);
  attributes.writeUInt32LE(program, 4);
  attributes.writeUInt32LE(STREAM_VERDICT, 8);
  return attributes;
}

function must(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: ${errorName(result)}`);
  return result;
}
