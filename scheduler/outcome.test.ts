import { afterEach, expect, test } from "vitest";
import type { Pod } from "../core/model/pod.ts";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";

let bench: SchedulerBench;
afterEach(() => bench.stop());

const amf = (changes: Partial<Pod>): Pod => meshPod("amf-x", "", "", { uid: "amf-x", node: undefined, ...changes });

interface OutcomeCase {
  readonly name: string;
  /** What the view has of the pod after it was asked about. */
  readonly seen?: Pod;
  readonly flows?: Readonly<Record<string, number>>;
  readonly outcome: object;
}

const cases: readonly OutcomeCase[] = [
  {
    name: "a pod that the view does not have is unseen",
    outcome: { state: "unseen", text: "the cluster has no such pod now" },
  },
  {
    name: "another pod of the same name is not it",
    seen: amf({ uid: "other", node: "a" }),
    outcome: { state: "unseen", text: "the cluster has no such pod now" },
  },
  {
    name: "a pod without a node is pending",
    seen: amf({}),
    outcome: { state: "pending", text: "not bound yet" },
  },
  {
    name: "the best node is told as such",
    seen: amf({ node: "c" }),
    outcome: {
      state: "bound",
      node: "c",
      verdict: { kind: "best", score: 10 },
      text:
        "placed on c (score 10 of 10): 1 kB/s with core/nrf (measured) stays on the node; " +
        "the best other node a would cost 10 kB/s more, weighed by distance",
    },
  },
  {
    name: "a worse node is told with how far behind it is",
    seen: amf({ node: "a" }),
    outcome: {
      state: "bound",
      node: "a",
      verdict: {
        kind: "elsewhere",
        score: 0,
        bestNode: "c",
        bestScore: 10,
        worthBehindBest: expect.closeTo(10_000, 3),
        flows: [
          {
            peer: "core/nrf",
            bytesPerSecond: expect.closeTo(1000, 3),
            origin: "measured",
            worthAhead: expect.closeTo(10_000, 3),
            within: "node",
            share: 1,
            otherShare: 0,
          },
        ],
        pointsPerWeight: 100,
      },
      text:
        "bound to a (score 0 of 10) although c (score 10) was better: 1 kB/s with core/nrf (measured) would stay on the node; " +
        "a would cost 10 kB/s more, weighed by distance; " +
        "kube-scheduler's other scores outweighed that, by at least 100 points for each unit of the extender's weight",
    },
  },
  {
    name: "a node that was not asked about has no score",
    seen: amf({ node: "z" }),
    outcome: {
      state: "bound",
      node: "z",
      verdict: { kind: "unscored" },
      text: "bound to z, for which kube-scheduler asked for no score",
    },
  },
  {
    name: "without flows no node has a score",
    seen: amf({ node: "a" }),
    flows: {},
    outcome: {
      state: "bound",
      node: "a",
      verdict: { kind: "unscored" },
      text: "bound to a, with no preference: no flow has been read yet",
    },
  },
];

test.each(cases)("$name", async ({ seen, flows = { "amf>nrf": 1000 }, outcome }) => {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "c")], flows });
  await bench.scores(pendingPod("amf"));
  if (seen) bench.view.pods.put(seen);
  expect((await bench.get("/v1/explain/core/amf-x")).json.outcome).toEqual(outcome);
});

test("a pod that this extender has bound itself is bound, even before the view has seen it", async () => {
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "c")], flows: { "amf>nrf": 1000 }, bindPod: async () => {} });
  await bench.scores(pendingPod("amf"));
  await bench.ask("bind", { PodName: "amf-x", PodNamespace: "core", PodUID: "amf-x", Node: "c" });
  expect((await bench.get("/v1/explain/core/amf-x")).json.outcome).toMatchObject({ state: "bound", node: "c" });
});

test("with the extender's weight known, what outweighed its score is told in kube-scheduler's points", async () => {
  const config = { extenderWeight: 3 };
  bench = await schedulerBench({ pods: [meshPod("nrf-0", "c")], flows: { "amf>nrf": 1000 }, config });
  await bench.scores(pendingPod("amf"));
  bench.view.pods.put(amf({ node: "a" }));
  const { outcome } = (await bench.get("/v1/explain/core/amf-x")).json as { outcome: { text: string } };
  expect(outcome.text).toMatch(/outweighed that, by at least 300 points at extender weight 3$/);
});
