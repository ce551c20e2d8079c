import { constants } from "node:os";

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The name of an error's number, negated or not: `EPERM`; `error 524` for one that has none in Node. */
export function errorName(number: number): string {
  const positive = Math.abs(number);
  return names.get(positive) ?? `error ${positive}`;
}
