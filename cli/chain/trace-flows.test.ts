import { expect, test } from "vitest";
import type { SeenFlow } from "./ask-flows.ts";
import { traceFlows } from "./trace-flows.ts";

function seen(pod: string, at: string, next: string | undefined, changes: Partial<SeenFlow> = {}): SeenFlow {
  return {
    source: "10.0.0.5:40000",
    spi: 7,
    at,
    function: "",
    next,
    ageMs: 5,
    byteCount: 1,
    pod,
    node: "n1",
    ...changes,
  };
}

const way = [seen("dn-0", "0", undefined), seen("ue-0", "classifier", "fw-0"), seen("fw-0", "1", "dn-0")];

test("what proxies say of one flow is joined in the order in which it passes them", () => {
  const { flows } = traceFlows({ seen: way, silent: [], hasMore: false }, 10);
  expect(flows).toMatchObject([
    { source: "10.0.0.5:40000", spi: 7, isWhole: true, stops: [{ pod: "ue-0" }, { pod: "fw-0" }, { pod: "dn-0" }] },
  ]);
});

test("a way is not whole while a stop is missing, or another pod was meant", () => {
  const isWhole = (of: readonly SeenFlow[]) =>
    traceFlows({ seen: of, silent: [], hasMore: false }, 10).flows[0]?.isWhole;
  expect(isWhole(way)).toBe(true);
  for (const missing of way) expect(isWhole(way.filter((one) => one !== missing))).toBe(false);
  expect(isWhole(way.map((one) => (one.pod === "fw-0" ? { ...one, next: "dn-1" } : one)))).toBe(false);
});

test("one client's flows on two paths are two, the oldest is first, and no more are shown than wanted", () => {
  const other = seen("ue-0", "classifier", "fw-1", { spi: 8, ageMs: 9 });
  const { flows, hasMore } = traceFlows({ seen: [...way, other], silent: [], hasMore: false }, 1);
  expect(flows.map(({ spi }) => spi)).toEqual([8]);
  expect(hasMore).toBe(true);
});
