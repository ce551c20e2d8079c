/** The program in the kernel and its maps: one set for each proxy, gone with it. */

import { closeSync } from "node:fs";
import { errorName } from "../../platform/system-calls/error-name.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { Bpf, type BpfMap } from "./bpf.ts";
import { GRANT, relayProgram, STATE } from "./relay-program.ts";

/** A value that no count of bytes reaches. */
const NEVER = 0xffff_ffff_ffff_ffffn;

/** What the program has done with what a source received, bytes; `charged` as the program reckons memory. */
export interface RelayState {
  redirected: number;
  passed: number;
  charged: number;
}

export class KernelMaps {
  private readonly sources: BpfMap;
  private readonly sinks: BpfMap;
  private readonly states: BpfMap;
  private readonly grants: BpfMap;
  private readonly bpf: Bpf;
  private readonly program: number;
  /** Then the descriptors may be somebody else's. */
  private isClosed = false;

  /** @param sourcesMax sockets that are read from at a time. @throws Error that says what the kernel refuses */
  constructor(calls: SystemCalls, sourcesMax: number) {
    this.bpf = new Bpf(calls);
    const opened: BpfMap[] = [];
    const create = (name: string, type: "hash" | "sockhash", valueBytes: number) => {
      const map = this.bpf.createMap(name, { type, valueBytes, entriesMax: sourcesMax });
      opened.push(map);
      return map;
    };
    try {
      this.sources = create("weft_sources", "sockhash", 8);
      this.sinks = create("weft_sinks", "sockhash", 8);
      this.states = create("weft_states", "hash", STATE.bytes);
      this.grants = create("weft_grants", "hash", GRANT.bytes);
      const fds = { sinks: this.sinks.fd, states: this.states.fd, grants: this.grants.fd };
      this.program = this.bpf.loadVerdict("weft_relay", relayProgram(fds));
    } catch (error) {
      for (const map of opened) map.close();
      throw error;
    }
    this.bpf.attachVerdict(this.sources, this.program);
  }

  /** What comes from `key` can go to the socket `sinkFd` from now on. @returns why not, if not */
  addSink(key: bigint, sinkFd: number): string | undefined {
    this.states.value.fill(0);
    this.sinks.value.writeBigUInt64LE(BigInt(sinkFd));
    return refusal("states", this.states.update(key)) ?? refusal("sinks", this.sinks.update(key));
  }

  /** What the socket `fd` receives is judged by the program from now on; what lies there to be read, with the next piece. */
  addSource(key: bigint, fd: number): string | undefined {
    this.sources.value.writeBigUInt64LE(BigInt(fd));
    return refusal("sources", this.sources.update(key));
  }

  /** Closed sockets have left their maps already. */
  remove(key: bigint): void {
    if (this.isClosed) return;
    this.sources.delete(key);
    this.sinks.delete(key);
    this.grants.delete(key);
    this.states.delete(key);
  }

  /** @returns whether `into` was read */
  read(key: bigint, into: RelayState): boolean {
    if (this.isClosed || this.states.lookup(key) < 0) return false;
    const { value } = this.states;
    into.redirected = Number(value.readBigUInt64LE(STATE.redirectedAt));
    into.passed = Number(value.readBigUInt64LE(STATE.passedAt));
    into.charged = Number(value.readBigUInt64LE(STATE.chargedAt));
    return true;
  }

  /** See `GRANT`: replaced as a whole, so that the program never sees half of it. */
  grant(key: bigint, passed: number, chargedMax: number): boolean {
    if (this.isClosed) return false;
    this.grants.value.writeBigUInt64LE(BigInt(passed), GRANT.passedAt);
    this.grants.value.writeBigUInt64LE(BigInt(chargedMax), GRANT.chargedMaxAt);
    return this.grants.update(key) === 0;
  }

  /** What is judged later than this goes to user space. */
  revoke(key: bigint): void {
    if (this.isClosed) return;
    this.grants.value.writeBigUInt64LE(NEVER, GRANT.passedAt);
    this.grants.update(key);
  }

  close(): void {
    this.isClosed = true;
    this.bpf.detachVerdict(this.sources, this.program);
    closeSync(this.program);
    for (const map of [this.sources, this.sinks, this.states, this.grants]) map.close();
  }
}

function refusal(map: string, result: number): string | undefined {
  return result < 0 ? `the map of ${map}: ${errorName(result)}` : undefined;
}
