import { expect, test } from "vitest";
import { meetsOneTerm } from "./node-affinity.ts";

const node = { name: "n1", labels: { disk: "ssd" } };
const isSsd = { key: "disk", operator: "In", values: ["ssd"] };
const isSpinning = { key: "disk", operator: "In", values: ["hdd"] };
const field = (operator: string, ...values: string[]) => ({
  matchFields: [{ key: "metadata.name", operator, values }],
});

const cases = [
  {
    name: "one term is enough",
    terms: [{ matchExpressions: [isSpinning] }, { matchExpressions: [isSsd] }],
    meets: true,
  },
  { name: "of a term all must hold", terms: [{ matchExpressions: [isSsd, isSpinning] }], meets: false },
  { name: "a term without anything holds nowhere", terms: [{}], meets: false },
  { name: "no term at all holds nowhere", terms: [], meets: false },
  { name: "a node is known by its name", terms: [field("In", "n1")], meets: true },
  { name: "a node is not another", terms: [field("NotIn", "n1")], meets: false },
  { name: "two names at once are no name", terms: [field("In", "n1", "n2")], meets: false },
  {
    name: "labels and name must both hold",
    terms: [{ matchExpressions: [isSpinning], ...field("In", "n1") }],
    meets: false,
  },
];

test.each(cases)("$name", ({ terms, meets }) => {
  expect(meetsOneTerm(node, terms)).toBe(meets);
});
