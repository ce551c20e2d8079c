import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternAutomaton } from "./pattern-automaton.ts";

/** The pattern that ends first; of several that end together the one listed first. */
function oracle(patterns: readonly string[], text: string): number {
  for (let end = 1; end <= text.length; end++) {
    const found = patterns.findIndex((pattern) => pattern !== "" && text.slice(0, end).endsWith(pattern));
    if (found >= 0) return found;
  }
  return -1;
}

function firstMatch(patterns: readonly string[], text: string): number {
  const automaton = new PatternAutomaton(patterns);
  let state = automaton.start;
  for (const byte of Buffer.from(text, "latin1")) {
    state = automaton.step(state, byte);
    if (automaton.matchOf(state) >= 0) return automaton.matchOf(state);
  }
  return -1;
}

test("the first match is the one a search pattern by pattern finds", () => {
  const anyText = (maxLength: number, minLength = 0) =>
    fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength, maxLength });
  fc.assert(
    fc.property(fc.array(anyText(4, 1), { minLength: 1, maxLength: 6 }), anyText(30), (patterns, text) => {
      expect(firstMatch(patterns, text)).toBe(oracle(patterns, text));
    }),
    { numRuns: 500 },
  );
});

test("letters match in either case, other bytes only themselves", () => {
  expect(firstMatch(["vIdeo."], "Host: VIDEO.example")).toBe(0);
  expect(firstMatch(["a@b"], "A`B")).toBe(-1);
});

test("without patterns nothing matches", () => {
  expect(firstMatch([], "anything")).toBe(-1);
});
