/** Why the best node is the best, as `/v1/explain` tells it before the pod is bound. */
import { afterEach, expect, test } from "vitest";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import {
  pendingPod,
  type SchedulerBench,
  type SchedulerBenchOptions,
  schedulerBench,
} from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

interface Why {
  readonly text: string;
  readonly worthAhead: number;
  readonly flows: readonly { readonly peer: string; readonly worthAhead: number }[];
}

async function whyOf(options: SchedulerBenchOptions, nodeNames?: readonly string[]): Promise<Why> {
  bench = await schedulerBench(options);
  await bench.scores(pendingPod("amf"), nodeNames);
  const { prioritize } = (await bench.get("/v1/explain/core/amf-x")).json as { prioritize: { why: Why } };
  return prioritize.why;
}

const twoPeers = [meshPod("udm-0", "a"), meshPod("nrf-0", "c")];

test("the flows that make the difference are named, those that speak against it told as data", async () => {
  const why = await whyOf({ pods: twoPeers, flows: { "amf>udm": 1_200_000, "amf>nrf": 100_000 } });
  expect(why).toMatchObject({
    node: "a",
    score: 10,
    equals: 0,
    nextNode: "b",
    worthAhead: expect.closeTo(2_400_000, 0),
    flows: [{ peer: "core/udm", worthAhead: expect.closeTo(2_400_000, 0), within: "node", share: 1, otherShare: 0 }],
  });
  expect(why.text).toBe(
    "a (score 10 of 10): 1.2 MB/s with core/udm (measured) stays on the node; " +
      "the best other node b would cost 2.4 MB/s more, weighed by distance",
  );
});

test("compared with a node in another zone, each flow speaks for where its peer is", async () => {
  const why = await whyOf({ pods: twoPeers, flows: { "amf>udm": 1_200_000, "amf>nrf": 100_000 } }, ["a", "c"]);
  expect(why.flows).toMatchObject([
    { peer: "core/udm", worthAhead: expect.closeTo(12_000_000, 0) },
    { peer: "core/nrf", worthAhead: expect.closeTo(-1_000_000, 0), share: 0, otherShare: 1 },
  ]);
  expect(why.flows.reduce((sum, { worthAhead }) => sum + worthAhead, 0)).toBeCloseTo(why.worthAhead, 3);
});

test("where no node has the peer, the nearest locality is named", async () => {
  const why = await whyOf({ pods: [meshPod("udm-0", "a")], flows: { "amf>udm": 5000 } }, ["b", "c"]);
  expect(why.text).toMatch(
    /^b \(score 10 of 10\): 5 kB\/s with core\/udm \(measured\) stays in the zone; .* c would cost/,
  );
});

test("of a flow that is shared with other replicas the part that stays is told", async () => {
  const pods = [meshPod("udm-0", "a"), meshPod("udm-1", "c")];
  const why = await whyOf({ pods: [...pods, meshPod("amf-0", "c")], flows: { "amf>udm": 5000 } });
  // amf-0 takes what udm-1 can give; the new one brings the other half next to udm-0.
  expect(why.text).toMatch(/^a .*: 5 kB\/s with core\/udm \(measured\) stays on the node;/);
  await bench?.stop();
  const halves = await whyOf({ pods, flows: { "amf>udm": 5000 } }, ["a", "b"]);
  expect(halves.text).toMatch(/^a .*: 50 % of 5 kB\/s with core\/udm \(measured\) stays on the node;/);
});

test("nodes that are as good are counted, and the next one compared", async () => {
  const nodes = { a: "1", b: "1", c: "2" };
  const pods = [meshPod("udm-0", "a"), meshPod("udm-1", "b")];
  const why = await whyOf({ nodes, pods, flows: { "amf>udm": 5000 } });
  expect(why).toMatchObject({ equals: 1, nextNode: "c" });
  expect(why.text).toMatch(/^[ab] \(score 10 of 10, as 1 other node\): .*; the next best node c would cost/);
});

test("an only node is compared with nothing", async () => {
  const why = await whyOf({ pods: twoPeers, flows: { "amf>udm": 5000 } }, ["a"]);
  expect(why).toMatchObject({ node: "a", equals: 0, worthAhead: expect.closeTo(50_000, 0) });
  expect(why.text).toBe("a, the only node that kube-scheduler asked about");
});

test("the published score is told in its own terms", async () => {
  const config = { plugin: "netmarks" };
  const why = await whyOf({ pods: twoPeers, flows: { "amf>udm": 5000, "amf>nrf": 1000 }, config });
  expect(why.text).toBe(
    "a (score 10 of 10): 5 kB/s with core/udm (measured) stays on the node; the best other node c exchanges 4 kB/s less with pods on it",
  );
});

test("not more flows are named than it takes", async () => {
  const names = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"];
  const pods = names.map((name) => meshPod(`${name}-0`, "a"));
  const flows = Object.fromEntries(names.map((name) => [`amf>${name}`, 1000]));
  const why = await whyOf({ pods, flows });
  expect(why.flows).toHaveLength(5);
  expect(why.text.match(/with core/g)).toHaveLength(3);
});

test("a neutral answer has no best node", async () => {
  expect(await whyOf({ pods: twoPeers })).toBeUndefined();
});
