import { describe, expect, test } from "vitest";
import type { MoveProposal } from "../../core/model/placement-plan.ts";
import { moveProposal } from "../../test/builders/placement-plan.ts";
import { Candidate } from "./candidate.ts";

const limits = { intervalMs: 10, windowMs: 30, gainMin: 0.05, betterBy: 0.25 };
const one = moveProposal(["core/amf:a>b=100"]);
const other = moveProposal(["core/smf:a>b=100"]);

interface Look {
  readonly found?: MoveProposal | undefined;
  /** What the moves of the candidate save now; what they were found with unless told. */
  readonly gain?: number;
  readonly kept?: number;
}

function after(looks: readonly Look[]): Candidate {
  const candidate = new Candidate(limits);
  for (const [at, { found, gain, kept = 0 }] of looks.entries()) {
    const asNow = (proposal: MoveProposal) => (gain === 0 ? undefined : { ...proposal, gain: gain ?? proposal.gain });
    candidate.look(found, asNow, kept, 10 * at);
  }
  return candidate;
}

const still = { found: one };
const cases: { name: string; looks: readonly Look[]; moves: MoveProposal | undefined; ripe: boolean }[] = [
  { name: "moves that are worth making all the time are ripe", looks: [still, still, still, still], moves: one, ripe: true },
  { name: "not before the time is over", looks: [still, still, still], moves: one, ripe: false },
  { name: "they are the first that were found, while others save no more", looks: [still, { found: other }, still, { found: other }], moves: one, ripe: true },
  { name: "even if none are found any more", looks: [still, still, still, {}], moves: one, ripe: true },
  { name: "if they are not worth making once, the time begins anew", looks: [still, still, { found: one, gain: 0 }, still, still], moves: one, ripe: false },
  { name: "if they save too little once, too", looks: [still, still, { found: one, gain: 49 }, still, still], moves: one, ripe: false },
  { name: "others that save notably more take their place, and have to last as long", looks: [still, still, still, { found: { ...other, gain: 126 } }], moves: other, ripe: false },
  { name: "moves that save too little of all traffic are none", looks: Array(5).fill({ found: { ...one, gain: 49 } }), moves: undefined, ripe: false },
  { name: "nor those that save hardly more than a plan that is waiting", looks: Array(5).fill({ found: one, kept: 90 }), moves: undefined, ripe: false },
  { name: "those that save notably more than it are", looks: Array(5).fill({ found: one, kept: 80 }), moves: one, ripe: true },
]; // biome-ignore format: a line a case

describe("a candidate", () => {
  test.each(cases)("$name", ({ looks, moves, ripe }) => {
    const candidate = after(looks);
    expect(candidate.proposal?.moves).toEqual(moves?.moves);
    expect(candidate.isRipe).toBe(ripe);
  });
});

test("its gain is that of the last look", () => {
  expect(after([still, { found: one, gain: 90 }]).proposal?.gain).toBe(90);
});

test("one that was dropped begins anew", () => {
  const candidate = after([still, still, still, still]);
  candidate.drop();
  expect([candidate.proposal, candidate.isRipe]).toEqual([undefined, false]);
});
