import { expect, test } from "vitest";
import type { PodTermObject } from "../../core/model/pod-term.ts";
import { liveNode, livePod, type PodWords } from "../../test/builders/live-cluster.ts";
import { type ClusterScenarioInput, clusterScenario } from "./cluster-scenario.ts";

const zone = "topology.kubernetes.io/zone";
const hostname = "kubernetes.io/hostname";
const nodes = [
  liveNode("n1", { labels: { [zone]: "a", disk: "ssd" } }),
  liveNode("n2", { labels: { [zone]: "a" } }),
  liveNode("n3", { labels: { [zone]: "b" } }),
];

function scenarioOf(input: Partial<ClusterScenarioInput>) {
  const { pods = [], pending = pods.filter(({ node }) => node === undefined) } = input;
  return clusterScenario({ name: "live", nodes, traffic: [], isMovable: () => false, ...input, pods, pending });
}

function serviceOf(input: Partial<ClusterScenarioInput>, name: string) {
  const { scenario, remarks } = scenarioOf(input);
  const service = scenario.services.find((each) => each.name === name);
  if (!service) throw new Error(`no service ${name}: ${remarks.join("; ")}`);
  return service;
}

const apart = (...terms: PodTermObject[]): PodWords => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const near = (...terms: PodTermObject[]): PodWords => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const of = (app: string, topologyKey: string): PodTermObject => ({
  labelSelector: { matchLabels: { app } },
  topologyKey,
});
const spread = (app: string, topologyKey: string, maxSkew = 1): PodWords => ({
  topologySpreadConstraints: [
    { topologyKey, maxSkew, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app } } },
  ],
});

test("pods become counts of their workload: pending, pinned and movable", () => {
  const pods = [
    livePod("upf-0", { on: "n1" }),
    livePod("upf-1", { on: "n1" }),
    livePod("upf-2", { on: "n2" }),
    livePod("upf-3"),
  ];
  const service = serviceOf({ pods, isMovable: ({ name }) => name === "upf-1" }, "core/upf");
  expect(service).toEqual({
    name: "core/upf",
    replicas: 4,
    request: [1000, 0, 1],
    nodes: undefined,
    perNodeMax: undefined,
    initial: new Map([
      ["n1", 2],
      ["n2", 1],
    ]),
    pinned: new Map([
      ["n1", 1],
      ["n2", 1],
    ]),
  });
});

test("what is no service, and what is about to go, is taken off its node", () => {
  const pods = [
    livePod("upf-0"),
    livePod("log-0", { on: "n1", cpu: 0.5 }),
    livePod("upf-9", { on: "n1", cpu: 1, isLeaving: true }),
    livePod("old-0", { on: "n1", phase: "Succeeded" }),
  ];
  const { scenario } = scenarioOf({ pods });
  expect(scenario.resources).toEqual(["cpu", "memory", "pods"]);
  expect(scenario.nodes.map(({ capacity }) => [capacity[0], capacity[2]])).toEqual([
    [2500, 108],
    [4000, 110],
    [4000, 110],
  ]);
  expect(scenario.services.map(({ name, replicas }) => [name, replicas])).toEqual([["core/upf", 1]]);
});

test("workloads with traffic are services, though nobody may move them; traffic to others is left out", () => {
  const pods = [livePod("upf-0", { on: "n1" }), livePod("smf-0", { on: "n2" }), livePod("log-0", { on: "n2" })];
  const traffic = [
    { source: "core/upf", destination: "core/smf", bytesPerSecond: 7 },
    { source: "core/upf", destination: "core/gone", bytesPerSecond: 9 },
  ];
  const { scenario } = scenarioOf({ pods, traffic });
  expect(scenario.services.map(({ name }) => name)).toEqual(["core/smf", "core/upf"]);
  expect(scenario.traffic).toEqual([{ from: "core/upf", to: "core/smf", weight: 7 }]);
  expect(scenario.services[1]?.pinned).toEqual(new Map([["n1", 1]]));
});

test("a replica that stays and asks for less leaves its node what it does not ask for", () => {
  const pods = [livePod("upf-0", { on: "n1", cpu: 1 }), livePod("upf-1", { cpu: 3 })];
  const { scenario } = scenarioOf({ pods });
  expect(scenario.services[0]?.request[0]).toBe(3000);
  // Of 4 cores 1 is taken, which the scenario takes for 3.
  expect(scenario.nodes[0]?.capacity[0]).toBe(6000);
});

test("a node whose pods take more than it has is full, and a remark says so", () => {
  const pods = [
    livePod("upf-0", { on: "n1", cpu: 3 }),
    livePod("log-0", { on: "n1", cpu: 3 }),
    livePod("upf-1", { cpu: 3 }),
  ];
  const { scenario, remarks } = scenarioOf({ pods });
  expect(scenario.nodes[0]?.capacity[0]).toBe(3000);
  expect(remarks).toEqual(["pods that stay take more cpu than there is: n1"]);
});

test("other resources that pending pods ask for are counted", () => {
  const pods = [
    livePod("upf-0", { other: { "example.com/sriov": 1 } }),
    livePod("log-0", { on: "n1", other: { "example.com/sriov": 1, "example.com/gpu": 1 } }),
  ];
  const { scenario } = scenarioOf({
    pods,
    nodes: [liveNode("n1", { other: { "example.com/sriov": 3 } }), ...nodes.slice(1)],
  });
  expect(scenario.resources).toEqual(["cpu", "memory", "pods", "example.com/sriov"]);
  expect(scenario.nodes.map(({ capacity }) => capacity[3])).toEqual([2, 0, 0]);
});

const closing = [
  { name: "a node selector", words: { nodeSelector: { disk: "ssd" } }, open: ["n1"] },
  {
    name: "required node affinity",
    words: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "DoesNotExist" }] }],
          },
        },
      },
    },
    open: ["n2", "n3"],
  },
  { name: "pods that stand and stay, which it keeps away from", words: apart(of("smf", zone)), open: ["n3"] },
  { name: "pods that stand and stay, which keep away from it", words: { labels: { app: "shy" } }, open: ["n1", "n3"] },
  { name: "pods that it requires near it", words: near(of("smf", zone)), open: ["n1", "n2"] },
  {
    name: "host ports that are taken",
    words: { containers: [{ ports: [{ hostPort: 80, hostIP: "10.0.0.1" }] }] },
    open: ["n1", "n2"],
  },
  { name: "a spread over a label that nodes lack", words: spread("none", "disk"), open: ["n1"] },
];

test.each(closing)("$name closes nodes", ({ words, open }) => {
  const pods = [
    livePod("smf-0", { on: "n1" }),
    livePod("hermit-0", { on: "n2", ...apart(of("shy", hostname)) }),
    livePod("web-0", { on: "n3", containers: [{ ports: [{ hostPort: 80 }] }] }),
    livePod("upf-0", words),
  ];
  expect(serviceOf({ pods }, "core/upf").nodes).toEqual(open);
});

const kept = [
  { name: "cordoned", node: liveNode("n1", { unschedulable: true }) },
  { name: "not ready", node: liveNode("n1", { isReady: false }) },
  { name: "tainted", node: liveNode("n1", { taints: [{ key: "dedicated", effect: "NoExecute" }] }) },
];

test.each(kept)("a node that is $name takes only pods that tolerate that; those there stay", ({ node }) => {
  const pods = [
    livePod("upf-0", { on: "n1" }),
    livePod("upf-1"),
    livePod("bold-0", { tolerations: [{ operator: "Exists" }] }),
  ];
  const input = { pods, nodes: [node, ...nodes.slice(1)], isMovable: () => true };
  expect(serviceOf(input, "core/upf")).toMatchObject({ nodes: ["n2", "n3"], pinned: new Map([["n1", 1]]) });
  expect(serviceOf(input, "core/bold").nodes).toBeUndefined();
});

test("replicas that keep apart by hostname are one on each node", () => {
  const pods = [livePod("upf-0", apart(of("upf", hostname))), livePod("upf-1", apart(of("upf", hostname)))];
  expect(serviceOf({ pods }, "core/upf")).toMatchObject({ perNodeMax: 1, nodes: undefined });
});

test("pods that keep apart by zone do so by a domain of the scenario", () => {
  const pods = [livePod("upf-0", apart(of("smf", zone), of("upf", zone))), livePod("upf-1"), livePod("smf-0")];
  const { scenario } = scenarioOf({ pods });
  expect(scenario.domains).toEqual([{ name: zone, ofNode: [0, 0, 1] }]);
  expect(scenario.services.find(({ name }) => name === "core/upf")?.apart).toEqual([
    { domains: 0, service: "core/smf" },
    { domains: 0, service: "core/upf" },
  ]);
});

test("pods that are spread over zones say how unevenly", () => {
  const pods = [livePod("upf-0", spread("upf", zone, 2)), livePod("upf-1", spread("upf", zone, 2))];
  expect(serviceOf({ pods }, "core/upf").spread).toEqual([{ domains: 0, skewMax: 2 }]);
});

test("where a closed node counts as an empty domain, the others have a most", () => {
  const closed = [...nodes, liveNode("n4", { taints: [{ key: "control-plane", effect: "NoSchedule" }] })];
  const pods = [livePod("upf-0", spread("upf", hostname, 2)), livePod("upf-1", spread("upf", hostname, 2))];
  const service = serviceOf({ pods, nodes: closed }, "core/upf");
  expect([service.perNodeMax, service.spread, service.nodes]).toEqual([2, undefined, ["n1", "n2", "n3"]]);
});

const left = [
  {
    name: "a volume",
    words: { volumes: [{ persistentVolumeClaim: {} }] },
    why: /volume of the kind persistentVolumeClaim/,
  },
  { name: "a claim to devices", words: { resourceClaims: [{}] }, why: /claims devices/ },
  { name: "pods it requires near it, of which none stands", words: near(of("amf", zone)), why: /do not stand yet/ },
  { name: "nowhere to stand", words: { nodeSelector: { disk: "tape" } }, why: /no node is open/ },
  { name: "more than any node has", words: { cpu: 5 }, why: /no node has room/ },
  { name: "a spread that counts others", words: spread("smf", zone), why: /counts pods that may come or go/ },
  { name: "a DaemonSet as its owner", words: { owner: "DaemonSet/upf" }, why: /DaemonSet/ },
];

test.each(left)("a pod with $name is left to kube-scheduler", ({ words, why }) => {
  const { scenario, unplanned, remarks } = scenarioOf({ pods: [livePod("upf-0", words), livePod("smf-0")] });
  expect(unplanned.get("core/upf-0")).toMatch(why);
  expect(remarks.join()).toMatch(why);
  expect(scenario.services.map(({ name }) => name)).toEqual(["core/smf"]);
});

const staying = [
  { name: "a DaemonSet's", words: { owner: "DaemonSet/upf" } },
  { name: "a kubelet's own", words: { annotations: { "kubernetes.io/config.mirror": "x" } } },
  { name: "one with data on its node", words: { volumes: [{ hostPath: {} }] } },
  { name: "one with devices", words: { resourceClaims: [{}] } },
  { name: "one that others require near them", words: { labels: { app: "needed" } } },
  { name: "one that asks for other amounts than the rest", words: { cpu: 2 } },
  { name: "one that could not be put there again", words: { nodeSelector: { disk: "tape" } } },
];

test.each(staying)("a pod that is $name stays, whoever says that it may move", ({ words }) => {
  const pods = [
    livePod("upf-0", { on: "n1", ...words }),
    ...["upf-1", "upf-2"].map((name) => livePod(name, { on: "n2" })),
    livePod("smf-0", { on: "n1", ...near(of("needed", zone)) }),
  ];
  const traffic = [{ source: "core/upf", destination: "core/smf", bytesPerSecond: 1 }];
  const { scenario, remarks } = scenarioOf({ pods, traffic, isMovable: () => true });
  expect(scenario.services.find(({ name }) => name === "core/upf")?.pinned.get("n1")).toBe(1);
  expect(remarks.join()).toMatch(/stays, as .*core\/upf-0/);
});

test("a pod that nobody owns stays: it would not be made again", () => {
  const { scenario, remarks } = scenarioOf({ pods: [livePod("solo", { on: "n1", owner: "" })], isMovable: () => true });
  expect(scenario.services).toEqual([]);
  expect(remarks).toEqual(["stays, as it has no owner that would make it again: core/solo"]);
});

test("remarks are few, however many pods they are about", () => {
  const pods = Array.from({ length: 1000 }, (_, index) => livePod(`upf-${index}`, { resourceClaims: [{}] }));
  expect(scenarioOf({ pods }).remarks).toEqual([
    "left to kube-scheduler, as it claims devices: core/upf-0, core/upf-1, core/upf-2, core/upf-3, core/upf-4 and 995 more",
  ]);
});

test("of a thousand nodes and ten thousand pods every core is accounted for", () => {
  const many = Array.from({ length: 1000 }, (_, index) =>
    liveNode(`n${index}`, { cpu: 16, labels: { [zone]: `z${index % 3}` } }),
  );
  const pods = Array.from({ length: 10_000 }, (_, index) =>
    livePod(`w${index % 1000}-${index}`, {
      ...(index < 8000 ? { on: `n${(index * 7) % 1000}` } : {}),
      ...(index % 3 === 0 ? apart(of(`w${index % 1000}`, hostname)) : {}),
    }),
  );
  const { scenario, unplanned } = scenarioOf({ nodes: many, pods });
  expect([scenario.services.length, unplanned.size]).toEqual([1000, 0]);
  expect(scenario.services.reduce((sum, { replicas }) => sum + replicas, 0)).toBe(10_000);
  expect(scenario.nodes.every(({ capacity }) => capacity[0] === 16_000)).toBe(true);
});
