import { expect, test } from "vitest";
import { versionChangeText } from "./version-change.ts";

test("a version change says which flows were on which version, and that none moved", () => {
  const change = {
    chain: "n6",
    function: "firewall",
    instances: 3,
    before: { spi: 4, flows: 70 },
    after: { spi: 5, flows: 50 },
    liveFlows: 12,
    movedFlows: 0,
    requests: { count: 1080, failed: 0, p50Ms: 1.5, p99Ms: 53.04 },
  };
  expect(versionChangeText(change)).toBe(
    [
      "version change under load: n6 gets firewall number 3, path 4 gives way to 5",
      "  flows that began on 4: 70, of which 12 were live when 5 became active; on 5: 50",
      "  live flows moved: 0; failed: 0/1080; p50 1.5 ms, p99 53.0 ms",
    ].join("\n"),
  );
});
