/** The few eBPF instructions that the relay needs (RFC 9669), with jumps to labels in place of distances. Pure. */
import { Buffer } from "node:buffer";

/** `r0` is a call's answer, `r1` to `r5` its arguments, which it clobbers; `r10` is the end of the stack. */
export type Register = "r0" | "r1" | "r2" | "r3" | "r4" | "r5" | "r6" | "r7" | "r8" | "r9" | "r10";
export type Operand = Register | number;
/** Bits that a load or store moves. */
export type Width = 32 | 64;

export type Instruction =
  /** Sets `to`. */
  | { readonly kind: "move"; readonly to: Register; readonly from: Operand }
  | { readonly kind: "add"; readonly to: Register; readonly from: Operand }
  /** Sets `to` to what lies `at` bytes behind `base`. */
  | {
      readonly kind: "load";
      readonly width: Width;
      readonly to: Register;
      readonly base: Register;
      readonly at: number;
    }
  | {
      readonly kind: "store";
      readonly width: Width;
      readonly base: Register;
      readonly at: number;
      readonly from: Register;
    }
  /** Sets `to` to the map with this descriptor. */
  | { readonly kind: "map"; readonly to: Register; readonly fd: number }
  /** Numbers are compared as unsigned ones. */
  | {
      readonly kind: "jumpIf";
      readonly left: Register;
      readonly is: keyof typeof JUMPS;
      readonly right: Operand;
      readonly label: string;
    }
  /** Calls a helper of the kernel by its number. */
  | { readonly kind: "call"; readonly helper: number }
  | { readonly kind: "exit" }
  /** Where jumps lead; no instruction itself. */
  | { readonly kind: "label"; readonly name: string };

const INSTRUCTION_BYTES = 8;
/** Instruction classes and their bits (RFC 9669, section 3). */
const LOAD = 0x61;
const STORE = 0x63;
const DOUBLE_WORD = 0x18;
const FROM_REGISTER = 0x08;
const MOVE = 0xb7;
const ADD = 0x07;
const CALL = 0x85;
const EXIT = 0x95;
const LOAD_IMMEDIATE = 0x18;
const MAP_BY_FD = 1;
const JUMPS = { equal: 0x15, notEqual: 0x55, atLeast: 0x35 } as const;

/** @throws Error for a jump to a label that is not there, or backwards: a programmer's mistake */
export function assemble(program: readonly Instruction[]): Buffer {
  const targets = new Map<string, number>();
  let length = 0;
  for (const instruction of program) {
    if (instruction.kind === "label") targets.set(instruction.name, length);
    length += slotsOf(instruction);
  }
  const code = Buffer.alloc(length * INSTRUCTION_BYTES);
  let slot = 0;
  for (const instruction of program) {
    if (instruction.kind !== "label")
      put(
        code.subarray(slot * INSTRUCTION_BYTES),
        fieldsOf(instruction, (label) => distance(targets, label, slot)),
      );
    slot += slotsOf(instruction);
  }
  return code;
}

function slotsOf({ kind }: Instruction): number {
  if (kind === "label") return 0;
  return kind === "map" ? 2 : 1;
}

function distance(targets: ReadonlyMap<string, number>, label: string, slot: number): number {
  const target = targets.get(label);
  if (target === undefined || target <= slot) throw new Error(`no label ${label} ahead`);
  return target - slot - 1;
}

interface Fields {
  readonly code: number;
  readonly to?: Register;
  readonly from?: Operand;
  readonly at?: number;
  readonly isMap?: boolean;
}

function fieldsOf(
  instruction: Exclude<Instruction, { readonly kind: "label" }>,
  distanceTo: (label: string) => number,
): Fields {
  switch (instruction.kind) {
    case "move":
      return compute(MOVE, instruction);
    case "add":
      return compute(ADD, instruction);
    case "load": {
      const { to, base, at, width } = instruction;
      return { code: LOAD | wide(width), to, from: base, at };
    }
    case "store": {
      const { base, from, at, width } = instruction;
      return { code: STORE | wide(width), to: base, from, at };
    }
    case "map":
      return { code: LOAD_IMMEDIATE, to: instruction.to, from: instruction.fd, isMap: true };
    case "jumpIf": {
      const { left, is, right, label } = instruction;
      return compute(JUMPS[is], { to: left, from: right, at: distanceTo(label) });
    }
    case "call":
      return { code: CALL, from: instruction.helper };
    case "exit":
      return { code: EXIT };
  }
}

function wide(width: Width): number {
  return width === 64 ? DOUBLE_WORD : 0;
}

function compute(code: number, fields: Omit<Fields, "code">): Fields {
  return { ...fields, code: typeof fields.from === "number" ? code : code | FROM_REGISTER };
}

/** Opcode, registers, offset, immediate (RFC 9669, section 3.1). */
function put(into: Buffer, { code, to = "r0", from = 0, at = 0, isMap = false }: Fields): void {
  const source = typeof from === "number" ? Number(isMap && MAP_BY_FD) : numberOf(from);
  into[0] = code;
  into[1] = numberOf(to) | (source << 4);
  into.writeInt16LE(at, 2);
  into.writeInt32LE(typeof from === "number" ? from : 0, 4);
}

function numberOf(register: Register): number {
  return Number(register.slice(1));
}
