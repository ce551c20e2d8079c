import { expect, test } from "vitest";
import { traceLines } from "./trace-lines.ts";

const flow = { source: "10.0.0.5:40000", spi: 7, ageMs: 1500, byteCount: 12 };
const stop = (pod: string, at: string, next?: string, name = "") => ({
  pod: `core/${pod}`,
  node: "n1",
  at,
  function: name,
  next: next && `core/${next}`,
});

test("a flow is a line with the pods that it passes, in order", () => {
  const stops = [stop("ue-0", "classifier", "fw-0"), stop("fw-0", "1", "dn-0", "fw"), stop("dn-0", "0")];
  expect(traceLines({ flows: [{ ...flow, stops, isWhole: true }], silent: [], hasMore: true })).toEqual([
    "flow            path  age s  bytes  way",
    "10.0.0.5:40000  7     1.5    12     core/ue-0 > core/fw-0 (fw) > core/dn-0",
    "... and more flows than were asked for",
  ]);
});

test("a pod that is named and says nothing has a question mark, and the way is not whole", () => {
  const stops = [stop("ue-0", "classifier", "fw-0"), stop("dn-0", "0")];
  const silent = ["the proxy at http://10.0.0.1:15020 does not answer: \u001bgone"];
  const [, line, last] = traceLines({ flows: [{ ...flow, stops, isWhole: false }], silent, hasMore: false });
  expect(line).toMatch(/core\/ue-0 > core\/fw-0\? > core\/dn-0 {2}\(not whole\)$/);
  expect(last).toBe("not heard of: the proxy at http://10.0.0.1:15020 does not answer: ?gone");
});

test("without flows that is said", () => {
  expect(traceLines({ flows: [], silent: [], hasMore: false })).toEqual(["no live flow"]);
});
