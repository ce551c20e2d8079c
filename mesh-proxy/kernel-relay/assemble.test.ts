import { expect, test } from "vitest";
import { assemble, type Instruction } from "./assemble.ts";

const cases: readonly { readonly name: string; readonly instruction: Instruction; readonly hex: string }[] = [
  { name: "a register is copied", instruction: { kind: "move", to: "r6", from: "r1" }, hex: "bf16000000000000" },
  { name: "a number is set", instruction: { kind: "move", to: "r0", from: 1 }, hex: "b700000001000000" },
  { name: "a number is added", instruction: { kind: "add", to: "r2", from: -8 }, hex: "07020000f8ffffff" },
  { name: "a register is added", instruction: { kind: "add", to: "r1", from: "r8" }, hex: "0f81000000000000" },
  {
    name: "32 bits are loaded",
    instruction: { kind: "load", width: 32, to: "r8", base: "r6", at: 0 },
    hex: "6168000000000000",
  },
  {
    name: "64 bits are loaded",
    instruction: { kind: "load", width: 64, to: "r1", base: "r7", at: 8 },
    hex: "7971080000000000",
  },
  {
    name: "64 bits are stored on the stack",
    instruction: { kind: "store", width: 64, base: "r10", at: -8, from: "r0" },
    hex: "7b0af8ff00000000",
  },
  {
    name: "a map is named by its descriptor, in two slots",
    instruction: { kind: "map", to: "r1", fd: 5 },
    hex: "18110000050000000000000000000000",
  },
  { name: "a helper is called", instruction: { kind: "call", helper: 46 }, hex: "850000002e000000" },
  { name: "the program ends", instruction: { kind: "exit" }, hex: "9500000000000000" },
];

// Opcodes as in RFC 9669, appendix A.
test.each(cases)("$name", ({ instruction, hex }) => {
  expect(assemble([instruction]).toString("hex")).toBe(hex);
});

test.each([
  { is: "equal", right: 0, hex: "1500030000000000" },
  { is: "notEqual", right: "r2", hex: "5d20030000000000" },
  { is: "atLeast", right: "r1", hex: "3d10030000000000" },
] as const)("a jump if $is counts slots behind it", ({ is, right, hex }) => {
  const code = assemble([
    { kind: "jumpIf", left: "r0", is, right, label: "there" },
    { kind: "map", to: "r1", fd: 5 },
    { kind: "move", to: "r0", from: 1 },
    { kind: "label", name: "there" },
    { kind: "exit" },
  ]);
  expect(code.toString("hex", 0, 8)).toBe(hex);
  expect(code.length).toBe(5 * 8);
});

test("jumps lead forwards, to labels that are there", () => {
  const back: Instruction[] = [
    { kind: "label", name: "here" },
    { kind: "exit" },
    { kind: "jumpIf", left: "r0", is: "equal", right: 0, label: "here" },
  ];
  expect(() => assemble(back)).toThrow("no label here ahead");
  expect(() => assemble([{ kind: "jumpIf", left: "r0", is: "equal", right: 0, label: "nowhere" }])).toThrow(
    "no label nowhere ahead",
  );
});
