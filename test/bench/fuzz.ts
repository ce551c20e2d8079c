/** Runs what must hold of bytes off the wire 100,000 times each, or as often as the first argument says. Prints seeds; fails by exit code. */
import { styleText } from "node:util";
import { wireProperties } from "../builders/wire-properties.ts";

const numRuns = Number(process.argv[2] ?? 100_000);
let hasFailed = false;
for (const { name, check } of wireProperties) {
  const { failure, numRuns: done, seed } = check(numRuns);
  hasFailed ||= failure !== undefined;
  const verdict = failure === undefined ? "holds" : styleText("red", "fails");
  console.log(`${verdict} in ${done} cases, seed ${seed}: ${name}`);
  if (failure !== undefined) console.log(failure);
}
process.exitCode = hasFailed ? 1 : 0;
