import { expect, test } from "vitest";
import { ProcedureStatistics } from "../procedure-statistics.ts";
import { procedures } from "./procedures.ts";
import { formatReport } from "./report.ts";

test("the report has a line for each procedure and one for each cause of failure", () => {
  const statistics = new ProcedureStatistics(procedures);
  statistics.succeed("registration", 10);
  statistics.succeed("registration", 20);
  statistics.fail("registration", "5gmm-cause-3");
  statistics.fail("request", "timeout");
  const lines = formatReport(statistics.figures(1000)).split("\n");
  expect(lines).toHaveLength(8);
  expect(lines[1]).toMatch(/^registration +2 +1 +2\.0 +\d/);
  expect(lines.slice(6)).toEqual(["registration failed 1 times: 5gmm-cause-3", "request failed 1 times: timeout"]);
});

test("what never happened has no rate and no latency", () => {
  expect(new ProcedureStatistics(procedures).figures(0).session).toEqual({
    succeeded: 0,
    failed: 0,
    failures: {},
    perSecond: 0,
    p50Ms: 0,
    p90Ms: 0,
    p99Ms: 0,
    maxMs: 0,
  });
});
