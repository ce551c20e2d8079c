import { expect, test } from "vitest";
import { groupTraffic, type TrafficNeighbour } from "./group-traffic.ts";

const flow = (workload: string, bytesPerSecond: number, origin: TrafficNeighbour["origin"] = "measured") => ({
  workload,
  bytesPerSecond,
  origin,
});

function trafficOf(known: Readonly<Record<string, readonly TrafficNeighbour[]>>, standing: readonly string[] = []) {
  return groupTraffic({
    workloads: Object.keys(known),
    neighboursOf: (workload) => known[workload] ?? [],
    isStanding: (workload) => standing.includes(workload),
  });
}

test("a pair that both ends speak of is one pair", () => {
  const { pairs, talking } = trafficOf({ smf: [flow("amf", 5)], amf: [flow("smf", 5)] });
  expect(pairs).toEqual([{ source: "amf", destination: "smf", bytesPerSecond: 5 }]);
  expect([...talking]).toEqual(["amf", "smf"]);
});

test("what was measured counts before what is expected, whichever end says so", () => {
  const { pairs } = trafficOf({ amf: [flow("smf", 9, "annotation")], smf: [flow("amf", 5)] });
  expect(pairs).toMatchObject([{ bytesPerSecond: 5 }]);
});

test("a peer outside the group counts where it stands, and is no member", () => {
  const known = { amf: [flow("nrf", 1), flow("udr", 2)] };
  const { pairs, talking } = trafficOf(known, ["nrf"]);
  expect(pairs).toEqual([{ source: "amf", destination: "nrf", bytesPerSecond: 1 }]);
  expect([...talking]).toEqual(["amf"]);
});

test("who talks to nobody that is there has nothing to be placed by, but what is known of it is kept", () => {
  const { pairs, talking, byPeer } = trafficOf({ amf: [flow("udr", 2)], idle: [], chatty: [flow("chatty", 7)] });
  expect(pairs).toEqual([]);
  expect(talking.size).toBe(0);
  expect(byPeer.get("amf")).toEqual(new Map([["udr", 2]]));
});

test("the order in which workloads are told changes nothing", () => {
  const known = { a: [flow("b", 1), flow("c", 2)], b: [flow("a", 1)], c: [flow("a", 2)] };
  const backwards = { c: [flow("a", 2)], b: [flow("a", 1)], a: [flow("c", 2), flow("b", 1)] };
  expect(trafficOf(backwards).pairs).toEqual(trafficOf(known).pairs);
});
