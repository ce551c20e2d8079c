import { expect, test } from "vitest";
import { labelSelectorOf, selectsLabels } from "./label-selector.ts";

const labels = { app: "upf", size: "12" };
const one = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] });

const cases = [
  { selector: { matchLabels: { app: "upf" } }, selects: true },
  { selector: { matchLabels: { app: "smf" } }, selects: false },
  { selector: { matchLabels: { app: "upf" }, ...one("size", "DoesNotExist") }, selects: false },
  { selector: one("app", "In", "smf", "upf"), selects: true },
  { selector: one("app", "NotIn", "upf"), selects: false },
  { selector: one("zone", "NotIn", "a"), selects: true },
  { selector: one("app", "Exists"), selects: true },
  { selector: one("zone", "Exists"), selects: false },
  { selector: one("zone", "DoesNotExist"), selects: true },
  { selector: one("size", "Gt", "9"), selects: true },
  { selector: one("size", "Gt", "12"), selects: false },
  { selector: one("size", "Lt", "13"), selects: true },
  { selector: one("size", "Lt", "1e3"), selects: false },
  { selector: one("app", "Lt", "13"), selects: false },
  { selector: one("zone", "Lt", "13"), selects: false },
  { selector: one("constructor", "Exists"), selects: false },
  { selector: one("app", "Near", "upf"), selects: false },
  { selector: {}, selects: true },
  { selector: undefined, selects: false },
];

test.each(cases)("$selector selects: $selects", ({ selector, selects }) => {
  expect(selectsLabels(labelSelectorOf(selector), labels)).toBe(selects);
});
