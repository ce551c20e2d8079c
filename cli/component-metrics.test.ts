import { expect, test } from "vitest";
import { noCounters } from "../platform/kubernetes/reflector-stats.ts";
import { createManualClock } from "../test/fakes/manual-clock.ts";
import { componentRegistry } from "./component-metrics.ts";

test("a component's metrics say how its copy of the cluster is, each time they are asked", async () => {
  const clock = createManualClock();
  const stats = { ...noCounters, objects: 7, malformed: 1, lastEventAtMs: clock.nowMs() };
  let pods = stats;
  const registry = componentRegistry(
    "sfc",
    { stats: () => ({ pods, nodes: { ...stats, lastEventAtMs: undefined } }) },
    clock,
  );
  await registry.metrics();
  clock.advance(3000);
  pods = { ...pods, restarts: { ...pods.restarts, expired: 2 } };
  const text = await registry.metrics();
  expect(text).toContain('weft_kubernetes_objects{kind="pods"} 7');
  expect(text).toContain('weft_kubernetes_unreadable_objects{kind="pods"} 1');
  expect(text).toContain('weft_kubernetes_silence_seconds{kind="pods"} 3');
  expect(text).toContain('weft_kubernetes_silence_seconds{kind="nodes"} Nan');
  expect(text).toContain('weft_kubernetes_watch_restarts_total{kind="pods",reason="expired"} 2');
  expect(text).toContain('weft_build_info{component="sfc"');
  expect(text).toContain("process_resident_memory_bytes");
});
