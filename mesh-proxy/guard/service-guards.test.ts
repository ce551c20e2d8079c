import { expect, test } from "vitest";
import type { HealthCheck, TrafficPolicy } from "../../core/model/traffic-policy.ts";
import { buildEndpoint, buildUpstream } from "../../test/builders/mesh-snapshot.ts";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { Breakers, endpointKey } from "../steer/breakers.ts";
import type { ServiceGuard } from "./service-guard.ts";
import { ServiceGuards } from "./service-guards.ts";

const [one, two] = [buildEndpoint("edge/dn-0"), buildEndpoint("edge/dn-1")];
const traffic: TrafficPolicy = {
  slowStart: { windowMs: 1000, aggression: 1, minimumPercent: 10 },
  outlierDetection: {
    ...{ consecutive5xxErrors: 2, minimumHosts: 2, requestVolume: 1, intervalMs: 10_000 },
    ...{ baseEjectionMs: 500, maxEjectionMs: 500, maxEjectionPercent: 50, minHealthPercent: 0 },
  },
};

function guarded(endpoints = [one, two], policy: TrafficPolicy | undefined = traffic) {
  const clock = createManualClock();
  const guards = new ServiceGuards(clock);
  const upstream = buildUpstream({ endpoints, traffic: policy });
  guards.update([upstream]);
  return { clock, guards, upstream, guard: guards.of(upstream) as ServiceGuard };
}

test("endpoints that were there with the first snapshot are warm, and new ones are not", () => {
  const { clock, guards, guard } = guarded([one]);
  expect(guard.partOf(one, clock.nowMs())).toBe(1);
  guards.update([buildUpstream({ endpoints: [one, two], traffic })]);
  expect([guard.partOf(one, clock.nowMs()), guard.partOf(two, clock.nowMs())]).toEqual([1, 0.1]);
  clock.advance(500);
  guards.update([buildUpstream({ endpoints: [one, two], traffic })]);
  expect(guard.partOf(two, clock.nowMs())).toBe(0.5);
});

test("an endpoint that comes back from its breaker, or from an ejection, begins slowly", () => {
  const { clock, guards, guard } = guarded();
  const breakers = new Breakers({ ejectionMs: 100, ejectionMsMax: 100, failuresMax: 1 }, guards);
  breakers.eject(one, clock.nowMs());
  clock.advance(100);
  breakers.tookConnection(one, clock.nowMs());
  clock.advance(300);
  expect(guard.partOf(one, clock.nowMs())).toBe(0.3);
  for (let time = 0; time < 2; time++) guard.observe(two, { isFailure: true, isGatewayError: false }, clock.nowMs());
  expect(guard.isOut(endpointKey(two), clock.nowMs())).toBe(true);
  clock.advance(900);
  expect(guard.isOut(endpointKey(two), clock.nowMs())).toBe(false);
  expect(guard.partOf(two, clock.nowMs())).toBe(0.4);
});

test("what breaks off counts as a failure of its endpoint, and an answer that fails a check counts for nothing yet", () => {
  const { clock, guards, guard } = guarded();
  const breakers = new Breakers({ ejectionMs: 100, ejectionMsMax: 100, failuresMax: 9 }, guards);
  breakers.countFailure(one, clock.nowMs());
  expect(guard.isOut(endpointKey(one), clock.nowMs())).toBe(false);
  breakers.countFailure(one, clock.nowMs());
  expect(guard.isOut(endpointKey(one), clock.nowMs())).toBe(true);
});

test("what is known goes with the Service and with its policy, and looks end with them", () => {
  const { clock, guards, guard } = guarded();
  expect(clock.pending).toBe(1);
  guards.update([buildUpstream({ traffic: { slowStart: traffic.slowStart } })]);
  expect([clock.pending, guard.outliers]).toEqual([0, undefined]);
  guards.update([buildUpstream()]);
  expect(guards.all).toEqual([]);
  expect(guards.of(buildUpstream())).toBeUndefined();
});

test("counts outlive a snapshot, and two upstreams of one application's port share them", () => {
  const { guards, guard } = guarded();
  guard.occupancy.connectionBegan("a");
  const [first, second] = [buildUpstream({ traffic }), buildUpstream({ traffic, listenPort: 15_012 })];
  guards.update([first, second]);
  expect(guards.of(first)).toBe(guard);
  expect(guards.of(second)?.occupancy.connectionCount).toBe(1);
});

test("an endpoint whose checks fail is out until they go well, and then begins slowly", () => {
  const healthCheck: HealthCheck = {
    type: "TCP",
    ...{ path: "/", expectedStatuses: [200, 200], service: "", intervalMs: 100, timeoutMs: 100 },
    ...{ unhealthyThreshold: 2, healthyThreshold: 1 },
  };
  const { clock, guard } = guarded([one, two], { ...traffic, healthCheck });
  expect([guard.checked(one, false, clock.nowMs()), guard.checked(one, false, clock.nowMs())]).toEqual([
    "same",
    "changed",
  ]);
  expect([guard.isOut(endpointKey(one), clock.nowMs()), guard.unhealthyCount()]).toEqual([true, 1]);
  expect(guard.isWorthLeaving(endpointKey(one), clock.nowMs())).toBe(true);
  clock.advance(200);
  expect(guard.checked(one, true, clock.nowMs())).toBe("changed");
  expect([guard.isOut(endpointKey(one), clock.nowMs()), guard.partOf(one, clock.nowMs())]).toEqual([false, 0.1]);
});
