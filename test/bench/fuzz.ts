/** Runs what must hold of bytes off the wire 100,000 times each, or as often as the first argument says. Prints seeds; fails by exit code. */
import { styleText } from "node:util";
import fc from "fast-check";
import { wireProperties } from "../builders/wire-properties.ts";

const numRuns = Number(process.argv[2] ?? 100_000);
let hasFailed = false;
for (const { name, property } of wireProperties) {
  const details = fc.check(property, { numRuns });
  hasFailed ||= details.failed;
  const verdict = details.failed ? styleText("red", "fails") : "holds";
  console.log(`${verdict} in ${details.numRuns} cases, seed ${details.seed}: ${name}`);
  if (details.failed) console.log(fc.defaultReportMessage(details));
}
process.exitCode = hasFailed ? 1 : 0;
