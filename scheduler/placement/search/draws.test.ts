import { expect, test } from "vitest";
import { AliasTable } from "./alias-table.ts";
import { SeededRandom } from "./seeded-random.ts";

test("a seed gives the same numbers again, another seed others", () => {
  const drawn = (seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test("numbers below a count are all drawn about equally often", () => {
  const random = new SeededRandom(1);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) {
    const drawn = random.below(7);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  for (const count of counts) expect(count / 10_000).toBeCloseTo(1, 1);
});

test("indexes are drawn by their odds", () => {
  const odds = [1, 0, 5, 2];
  const table = new AliasTable(odds);
  const random = new SeededRandom(1);
  const counts = odds.map(() => 0);
  for (let i = 0; i < 80_000; i++) {
    const index = table.draw(random);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (const [index, each] of odds.entries()) expect((counts[index] ?? 0) / 10_000).toBeCloseTo(each, 1);
});
