/**
 * The verdict on each piece that a socket in the map of sources receives. As long as it is granted, the piece goes to the sink at once;
 * else to user space, and so does all that follows, until user space has read everything and grants anew. Pure.
 */
import type { Buffer } from "node:buffer";
import { assemble, type Instruction } from "./assemble.ts";

/** By the source's cookie. */
export interface RelayMaps {
  /** The sink's socket. */
  readonly sinks: number;
  /** The program's own: `STATE`. */
  readonly states: number;
  /** User space's: `GRANT`. */
  readonly grants: number;
}

/** 64-bit numbers: bytes sent on and left to user space so far, and what was sent on with what it may cost the sink in memory. */
export const STATE = { bytes: 24, redirectedAt: 0, passedAt: 8, chargedAt: 16 } as const;
/** Holds while this is what was left to user space, and until that much is charged: so a grant that comes too late does nothing. */
export const GRANT = { bytes: 16, passedAt: 0, chargedMaxAt: 8 } as const;

/** What the kernel may need for a piece in the sink's queue beside its bytes. */
const PIECE_OVERHEAD_BYTES = 2048;

const LOOKUP = 1;
const GET_SOCKET_COOKIE = 46;
const REDIRECT_HASH = 72;
const SK_DROP = 0;
const SK_PASS = 1;
const LENGTH_AT = 0;
const KEY_AT = -8;

export function relayProgram({ sinks, states, grants }: RelayMaps): Buffer {
  return assemble([
    { kind: "move", to: "r6", from: "r1" },
    { kind: "load", width: 32, to: "r8", base: "r6", at: LENGTH_AT },
    // An end of stream alone: TCP knows of it already, and sending nothing on counts as a broken pipe with the kernel.
    { kind: "jumpIf", left: "r8", is: "equal", right: 0, label: "drop" },
    { kind: "call", helper: GET_SOCKET_COOKIE },
    { kind: "store", width: 64, base: "r10", at: KEY_AT, from: "r0" },
    ...lookUp(states),
    { kind: "jumpIf", left: "r0", is: "equal", right: 0, label: "unknown" },
    { kind: "move", to: "r7", from: "r0" },
    ...lookUp(grants),
    { kind: "jumpIf", left: "r0", is: "equal", right: 0, label: "pass" },
    { kind: "load", width: 64, to: "r1", base: "r0", at: GRANT.passedAt },
    { kind: "load", width: 64, to: "r2", base: "r7", at: STATE.passedAt },
    { kind: "jumpIf", left: "r1", is: "notEqual", right: "r2", label: "pass" },
    { kind: "load", width: 64, to: "r1", base: "r0", at: GRANT.chargedMaxAt },
    { kind: "load", width: 64, to: "r9", base: "r7", at: STATE.chargedAt },
    { kind: "add", to: "r9", from: "r8" },
    { kind: "add", to: "r9", from: PIECE_OVERHEAD_BYTES },
    { kind: "jumpIf", left: "r9", is: "atLeast", right: "r1", label: "pass" },
    { kind: "move", to: "r1", from: "r6" },
    { kind: "map", to: "r2", fd: sinks },
    ...keyIn("r3"),
    { kind: "move", to: "r4", from: 0 },
    { kind: "call", helper: REDIRECT_HASH },
    { kind: "jumpIf", left: "r0", is: "notEqual", right: SK_PASS, label: "pass" },
    { kind: "store", width: 64, base: "r7", at: STATE.chargedAt, from: "r9" },
    ...count(STATE.redirectedAt),
    { kind: "exit" },
    { kind: "label", name: "pass" },
    ...count(STATE.passedAt),
    { kind: "label", name: "unknown" },
    { kind: "move", to: "r0", from: SK_PASS },
    { kind: "exit" },
    { kind: "label", name: "drop" },
    { kind: "move", to: "r0", from: SK_DROP },
    { kind: "exit" },
  ]);
}

function lookUp(map: number): Instruction[] {
  return [{ kind: "map", to: "r1", fd: map }, ...keyIn("r2"), { kind: "call", helper: LOOKUP }];
}

function keyIn(register: "r2" | "r3"): Instruction[] {
  return [
    { kind: "move", to: register, from: "r10" },
    { kind: "add", to: register, from: KEY_AT },
  ];
}

/** Adds the piece's length. One piece of a socket is judged at a time, so this is no race. */
function count(at: number): Instruction[] {
  return [
    { kind: "load", width: 64, to: "r1", base: "r7", at },
    { kind: "add", to: "r1", from: "r8" },
    { kind: "store", width: 64, base: "r7", at, from: "r1" },
  ];
}
