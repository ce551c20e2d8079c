import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { RecentAnswers } from "./recent-answers.ts";

test("the same network is asked about once, another one anew, and old ones are forgotten", () => {
  const answers = new RecentAnswers<number>();
  let asked = 0;
  const ask = (seed: number) => answers.answerTo(randomNetwork(seed), () => ++asked);
  expect([ask(1), ask(1), ask(2), ask(1)]).toEqual([1, 1, 2, 1]);
  for (let seed = 3; seed <= 10; seed += 1) ask(seed);
  expect([ask(10), ask(1)]).toEqual([10, 11]);
});

test("networks that differ only in a function's instances are different", () => {
  const answers = new RecentAnswers<string>();
  const network = randomNetwork(1);
  answers.answerTo(network, () => "before");
  const grown = new Map(network.functions).set("f0", [{ name: "new", node: "n0", capacity: 1 }]);
  expect(answers.answerTo({ ...network, functions: grown }, () => "after")).toBe("after");
});
