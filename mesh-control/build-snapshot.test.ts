import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balancedSplit, sharesOf } from "../core/model/balanced-split.ts";
import type { ServiceFunctionChain } from "../core/model/chain.ts";
import { podKey } from "../core/model/pod.ts";
import { serviceOf } from "../core/model/service.ts";
import type { TrafficMatch } from "../core/model/traffic-match.ts";
import {
  addressOf,
  chain,
  type MeshObjects,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path,
  serviceFunction,
} from "../test/builders/mesh-cluster.ts";
import { buildSnapshot, type SnapshotContent } from "./build-snapshot.ts";
import { type EndpointAddress, indexMesh } from "./mesh-index.ts";

const nodes = [meshNode("n1", "z1"), meshNode("n2", "z1"), meshNode("n3", "z2")];

describe("peers", () => {
  test("are the pods of the mesh with an address, by name, ready or not", () => {
    const { peers } = snapshotOf("core/ue-0", {
      pods: [
        meshPod("ue-0", "n1", "", { isReady: false }),
        meshPod("dn-0", "n2", "", { isTerminating: true }),
        meshPod("pending-0", "n1", "", { address: undefined }),
        meshPod("plain-0", "n1", "", { labels: { app: "plain" } }),
        meshPod("done-0", "n1", "", { isFinished: true }),
      ],
    });
    expect(peers).toEqual([
      { pod: "core/dn-0", address: addressOf("dn-0"), workload: "dn", node: "n2", app: "dn" },
      { pod: "core/ue-0", address: addressOf("ue-0"), workload: "ue", node: "n1", app: "ue" },
    ]);
  });

  test("have one pod an address: a terminating one gives it up", () => {
    const address = "10.0.0.9";
    const old = meshPod("dn-0", "n1", "", { address, isTerminating: true });
    const objects = { pods: [old, meshPod("dn-1", "n2", "", { address }), meshPod("ue-0", "n1")] };
    expect(snapshotOf("core/ue-0", objects).peers.map(({ pod }) => pod)).toEqual(["core/dn-1", "core/ue-0"]);
    expect(built("core/dn-0", objects)).toEqual({ kind: "outside", reason: "another pod has its address" });
  });
});

const outside = [
  { name: "is not known", pods: [], reason: "the pod is not known" },
  { name: "lacks the label", pods: [meshPod("ue-0", "n1", "", { labels: {} })], reason: /no label weft.dev\/mesh/ },
  { name: "has no address", pods: [meshPod("ue-0", "n1", "", { address: undefined })], reason: /no address yet/ },
  { name: "has finished", pods: [meshPod("ue-0", "n1", "", { isFinished: true })], reason: /has finished/ },
];

test.each(outside)("a pod that $name gets no snapshot, and a reason", ({ pods, reason }) => {
  expect(built("core/ue-0", { pods })).toEqual({ kind: "outside", reason: expect.stringMatching(reason) });
});

describe("endpoints", () => {
  const sources = [meshPod("ue-0", "n1", "dn=15010"), meshPod("ue-1", "n2", "dn=15010")];

  test("weigh what the balanced split gives this node, local first", () => {
    const pods = [...sources, meshPod("dn-0", "n1"), meshPod("dn-1", "n3"), meshPod("dn-2", "n3")];
    expect(weightsOf("core/ue-0", pods)).toEqual({ "core/dn-0": 6667, "core/dn-1": 1667, "core/dn-2": 1666 });
    expect(weightsOf("core/ue-1", pods)).toEqual({ "core/dn-0": 0, "core/dn-1": 5000, "core/dn-2": 5000 });
  });

  const absent = [
    { name: "not ready", change: { isReady: false } },
    { name: "terminating", change: { isTerminating: true } },
    { name: "without an address", change: { address: undefined } },
    { name: "outside the mesh", change: { labels: { app: "dn" } } },
  ];
  test.each(absent)("leave out a pod that is $name", ({ change }) => {
    const pods = [...sources, meshPod("dn-0", "n1", "", change), meshPod("dn-1", "n3")];
    expect(weightsOf("core/ue-0", pods)).toEqual({ "core/dn-1": 10_000 });
  });

  test("are dialled where the lab's links say, with the Service's target port", () => {
    const links: EndpointAddress = (fromNode, pod) => ({ address: "127.9.9.9", port: `${fromNode}${pod.node}`.length });
    const objects = { nodes, services: [meshService("dn")], pods: [...sources, meshPod("dn-0", "n3")] };
    const snapshot = buildSnapshot(indexMesh(meshCluster(objects), { endpointAddress: links }), "core/ue-0");
    expect(snapshot).toMatchObject({
      content: {
        upstreams: [
          {
            listenPort: 15_010,
            protocol: "http1",
            endpoints: [{ pod: "core/dn-0", address: "127.9.9.9", port: 4, appPort: 8080, weight: 10_000 }],
          },
        ],
      },
    });
  });

  test("of a pod that leaves get weights as if it stood there still", () => {
    const leaving = meshPod("ue-0", "n3", "dn=15010", { isTerminating: true });
    const pods = [leaving, meshPod("ue-1", "n1"), meshPod("dn-0", "n1"), meshPod("dn-1", "n3")];
    expect(weightsOf("core/ue-0", pods)).toEqual({ "core/dn-0": 0, "core/dn-1": 10_000 });
  });

  test("over all sources carry the balanced split: each node's traffic in the split's parts", () => {
    const anyNodes = fc.array(fc.constantFrom("n1", "n2", "n3"), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(anyNodes, anyNodes, expectBalanced), { numRuns: 200 });
  });
});

function expectBalanced(from: readonly string[], to: readonly string[]): void {
  const ues = from.map((node, at) => meshPod(`ue-${at}`, node, "dn=15010"));
  const dns = to.map((node, at) => meshPod(`dn-${at}`, node));
  const places = new Map(nodes.map(({ name, place }) => [name, place]));
  const placesOf = (names: readonly string[]) => names.map((node) => places.get(node) ?? { node });
  const [sources, destinations] = [sharesOf(placesOf(from)), sharesOf(placesOf(to))];
  const arcs = balancedSplit(sources, destinations);
  for (const ue of ues) {
    const source = sources.findIndex(({ place }) => place.node === ue.node);
    const weights = weightsOf(podKey(ue), [...ues, ...dns]);
    for (const [destination, { place }] of destinations.entries()) {
      const here = dns.filter(({ node }) => node === place.node).map((pod) => weights[podKey(pod)] ?? 0);
      const ofArc = arcs.filter((arc) => arc.source === source && arc.destination === destination);
      const part = ofArc.reduce((sum, { fraction }) => sum + fraction, 0) / (sources[source]?.share ?? 0);
      const actual = here.reduce((sum, weight) => sum + weight, 0);
      expect(Math.abs(actual - part * 10_000)).toBeLessThan(here.length + 1e-6);
      expect(Math.max(...here) - Math.min(...here)).toBeLessThanOrEqual(1);
    }
  }
}

const unusable = [
  { name: "of a Service that is not known", entry: "nrf=15011", reason: /nrf.core=15011 is left out: .*not known/ },
  { name: "of a port that it has not", entry: "dn:81=15011", reason: /no TCP port 81, only 80/ },
  { name: "of a UDP port that it has not", entry: "dn:80/udp=15011", reason: /no UDP port 80, only none/ },
  { name: "that does not choose a port", entry: "two=15011", reason: /ports are 80, 81: the entry must name one/ },
  { name: "that is misspelt", entry: "dn", reason: /is not service/ },
];

test.each(unusable)("an upstream $name is left out with a problem, and the others stay", ({ entry, reason }) => {
  const services = [
    meshService("dn"),
    meshService(
      "two",
      [80, 81].map((port) => ({ port, targetPort: port, appProtocol: "http" })),
    ),
  ];
  const answer = built("core/ue-0", { services, pods: [meshPod("ue-0", "n1", `dn=15010,${entry}`)] });
  expect(answer).toMatchObject({
    content: { upstreams: [{ service: "dn", endpoints: [] }] },
    problems: [expect.stringMatching(reason)],
  });
});

const udpService = serviceOf({
  metadata: { namespace: "core", name: "upf" },
  spec: {
    selector: { app: "upf" },
    ports: [
      { name: "web", port: 2152, targetPort: 8080, appProtocol: "http" },
      { name: "n3", port: 2152, protocol: "UDP", appProtocol: "weft.dev/gtp-u" },
      { name: "pfcp", port: 8805, protocol: "UDP" },
    ],
  },
});
const chosen = [
  { name: "a number goes to the TCP port", entry: "upf:2152=15010", upstream: { port: 2152, protocol: "http1" } },
  { name: "with /udp it goes to the UDP port", entry: "upf:2152/udp=15010", upstream: { protocol: "gtp-u" } },
  { name: "a UDP port alone needs no /udp", entry: "upf:8805=15010", upstream: { port: 8805, protocol: "pfcp" } },
  { name: "the only TCP port needs no number", entry: "upf=15010", upstream: { protocol: "http1" } },
];

test.each(chosen)("of ports for TCP and UDP $name", ({ entry, upstream }) => {
  const objects = { services: [udpService], pods: [meshPod("ue-0", "n1", entry), meshPod("upf-0", "n1")] };
  expect(built("core/ue-0", objects)).toMatchObject({ content: { upstreams: [upstream] }, problems: [] });
});

/** ue on n1 and n2, through fw (two instances) and dpi (one) to dn. */
const chained: MeshObjects = {
  nodes,
  services: [meshService("dn"), meshService("other")],
  functions: [serviceFunction("fw", { hasProxyProtocol: true }), serviceFunction("dpi", { port: 9001 })],
  chains: [chain("n6", ["fw", "dpi"])],
  pods: [
    meshPod("ue-0", "n1", "dn=15010,other=15011"),
    meshPod("ue-1", "n3", "dn=15010"),
    meshPod("fw-0", "n1"),
    meshPod("fw-1", "n2"),
    meshPod("dpi-0", "n2"),
    meshPod("dn-0", "n3"),
    meshPod("dn-1", "n3"),
  ],
  paths: [
    path("n6", 7, [
      { function: "fw", weights: ["n1>fw-0=7000", "n1>fw-1=3000", "n2>fw-1=10000"] },
      { function: "dpi", weights: ["fw-0>dpi-0=10000", "fw-1>dpi-0=10000"] },
      { weights: ["dpi-0>dn-0=4000", "dpi-0>dn-1=6000"] },
    ]),
  ],
};

describe("a classifier", () => {
  test("puts its traffic on the active path with its node's weights", () => {
    const { upstreams } = snapshotOf("core/ue-0", chained);
    expect(upstreams[0]?.path).toEqual({
      chain: "n6",
      spi: 7,
      serviceIndex: 2,
      next: [
        { pod: "core/fw-0", address: addressOf("fw-0"), port: 15_008, appPort: 9000, weight: 7000 },
        { pod: "core/fw-1", address: addressOf("fw-1"), port: 15_008, appPort: 9000, weight: 3000 },
      ],
    });
    expect(upstreams[0]?.endpoints.map(({ weight }) => weight)).toEqual([5000, 5000]);
    expect(upstreams[1]?.path).toBeUndefined();
  });

  test("on a node that the path does not know takes all nodes' weights together", () => {
    expect(pathOf("core/ue-1", chained)?.next.map(({ weight }) => weight)).toEqual([7000, 13_000]);
  });

  test("keeps the other weights when an instance dies", () => {
    const objects = without(chained, "fw-0");
    expect(pathOf("core/ue-0", objects)?.next).toMatchObject([{ pod: "core/fw-1", weight: 3000 }]);
  });

  test("keeps instances that it has no weight for as the last resort", () => {
    const weights = ["n1>fw-0=10000", "n2>fw-1=10000"];
    const paths = [path("n6", 7, [{ function: "fw", weights }, { weights: ["fw-0>dn-0=10000"] }])];
    expect(pathOf("core/ue-0", { ...chained, paths })?.next).toMatchObject([
      { pod: "core/fw-0", weight: 10_000 },
      { pod: "core/fw-1", weight: 0 },
    ]);
  });

  const elsewhere = [
    { name: "other pods", change: { classifier: { from: { app: "gnb" }, to: { service: "dn", port: 80 } } } },
    { name: "another port", change: { classifier: { from: { app: "ue" }, to: { service: "dn", port: 81 } } } },
    { name: "another Service", change: { classifier: { from: { app: "ue" }, to: { service: "other", port: 80 } } } },
  ];
  test.each(elsewhere)("leaves traffic alone that a chain for $name does not name", ({ change }) => {
    expect(pathOf("core/ue-0", { ...chained, chains: [chain("n6", ["fw", "dpi"], change)] })).toBeUndefined();
  });

  test("leaves traffic alone while the path is inactive", () => {
    const paths = chained.paths?.map((one) => ({ ...one, isActive: false })) ?? [];
    expect(pathOf("core/ue-0", { ...chained, paths })).toBeUndefined();
  });

  const hops = [{ function: "fw", weights: ["n1>fw-0=10000"] }, { weights: ["fw-0>dn-0=10000"] }];
  const rivals = [
    { name: "the higher priority", priorities: [0, 5], expected: "b" },
    { name: "the first name among equals", priorities: [5, 5], expected: "a" },
  ];
  test.each(rivals)("of two chains takes $name, and says so", ({ priorities: [ofA = 0, ofB = 0], expected }) => {
    const chains = [chain("b", ["fw"], { priority: ofB }), chain("a", ["fw"], { priority: ofA })];
    const objects = { ...chained, chains, paths: [path("b", 8, hops), path("a", 9, hops)] };
    expect(pathOf("core/ue-0", objects)?.chain).toBe(expected);
    expect(problemsOf("core/ue-0", objects)).toEqual([expect.stringContaining(`${expected} goes first`)]);
  });

  describe("with keys of its own", () => {
    const sdm = { http: { paths: [{ type: "Prefix", value: "/nudm-sdm" }] } } as const;
    const get = { http: { methods: ["GET"] } };
    const hopless = (name: string, spi: number) => path(name, spi, hops);
    const classified = (...chains: readonly ServiceFunctionChain[]): MeshObjects => ({
      ...chained,
      chains,
      paths: chains.map(({ name }, at) => hopless(name, 20 + at)),
    });
    const matching = (name: string, match?: TrafficMatch, changes: Partial<ServiceFunctionChain> = {}) => {
      return chain(name, ["fw"], {
        classifier: { from: { app: "ue" }, to: { service: "dn", port: 80 }, match },
        ...changes,
      });
    };
    const askedBy = (objects: MeshObjects) => snapshotOf("core/ue-0", objects).upstreams[0];

    test("takes its part before a chain for everything, the more specific one first", () => {
      const objects = classified(matching("all"), matching("get", get), matching("sdm", sdm));
      expect(askedBy(objects)).toMatchObject({
        matches: [
          { chain: "sdm", when: sdm, path: { spi: 22, next: [{ pod: "core/fw-0" }] } },
          { chain: "get", when: get, path: { spi: 21 } },
        ],
        path: { chain: "all", spi: 20 },
      });
    });

    test("overlaps with another of its priority, which is told once for each", () => {
      const put = { http: { methods: ["PUT"] } };
      expect(problemsOf("core/ue-0", classified(matching("get", get), matching("put", put)))).toEqual([]);
      expect(problemsOf("core/ue-0", classified(matching("get", get, { priority: 1 }), matching("sdm", sdm)))).toEqual(
        [],
      );
      const all = classified(matching("all"), matching("get", get), matching("put", put));
      expect(problemsOf("core/ue-0", all)).toEqual([
        "chains get and all of priority 0 both take traffic to dn: get goes first",
      ]);
    });

    test("comes too late behind a chain for everything of higher priority", () => {
      const objects = classified(matching("all", undefined, { priority: 9 }), matching("get", get));
      expect(askedBy(objects)?.matches).toBeUndefined();
      expect(problemsOf("core/ue-0", objects)).toEqual(["chain get takes no traffic to dn: all goes first"]);
    });

    test("of a protocol that the port does not speak takes nothing, and says so", () => {
      const objects = classified(matching("sdm", sdm), matching("tls", { serverNames: ["dn"] }));
      const asTcp = { ...objects, services: [meshService("dn", [{ port: 80, targetPort: 80, appProtocol: "tcp" }])] };
      expect(askedBy(asTcp)?.matches).toMatchObject([{ chain: "tls" }]);
      expect(problemsOf("core/ue-0", asTcp)).toContainEqual(expect.stringMatching(/sdm takes no .*port speaks tcp/));
      expect(problemsOf("core/ue-0", objects)).toContainEqual(
        expect.stringMatching(/tls takes no .*port speaks http1/),
      );
    });

    test("that nobody selects by label is of every pod of the namespace", () => {
      const classifier = { from: {}, to: { service: "dn", port: 80 }, match: { sources: ["10.0.0.0/8"] } };
      expect(askedBy(classified(chain("block", ["fw"], { classifier })))?.matches).toMatchObject([{ chain: "block" }]);
    });

    test("blocks its own part only, and a blocked rest leaves the parts before it their endpoints", () => {
      const functions = [serviceFunction("fw"), serviceFunction("soft", { failurePolicy: "Bypass" })];
      const gone = (objects: MeshObjects) => without(without({ ...objects, functions }, "fw-0"), "fw-1");
      const soft = path("get", 30, [{ function: "soft", weights: ["n1>soft-0=10000"] }, { weights: ["soft-0>dn-0=10000"] }]); // biome-ignore format: short
      const objects = classified(matching("all"), matching("sdm", sdm), matching("get", get));
      const paths = [...(objects.paths ?? []).filter((one) => one.chain !== "get"), soft];
      const upstream = askedBy(gone({ ...objects, paths }));
      expect(upstream?.endpoints).toHaveLength(2);
      expect(upstream?.path).toBeUndefined();
      expect(upstream?.matches).toEqual([
        { chain: "sdm", when: sdm, isBlocked: true },
        { chain: "get", when: get },
        { chain: "all", when: {}, isBlocked: true },
      ]);
    });

    test("is left out behind so many that a proxy would not take more", () => {
      const many = Array.from({ length: 64 }, (_, at) => matching(`c${String(at).padStart(2, "0")}`, { http: { methods: [`M${"A".repeat(at % 30)}`] } }, { priority: 64 - at })); // biome-ignore format: short
      const objects = classified(...many);
      expect(askedBy(objects)?.matches).toHaveLength(63);
      expect(problemsOf("core/ue-0", objects)).toEqual(["chain c63 is left out: 63 chains go before it to dn"]);
    });
  });

  test("of two active paths of a chain takes the newer", () => {
    const paths = [path("n6", 9, hops), path("n6", 8, hops, { chainGeneration: 2 })];
    expect(pathOf("core/ue-0", { ...chained, paths })?.spi).toBe(8);
  });
});

test("a destination is told which chains' paths end at it, draining ones too", () => {
  const [whole] = chained.paths ?? [];
  const paths = whole ? [{ ...whole, name: "n6-6", isActive: false, spi: 6 }, whole] : [];
  const objects = { ...chained, paths };
  expect(snapshotOf("core/dn-0", objects).arrivals).toEqual([{ chain: "n6", spi: 6 }, { chain: "n6", spi: 7 }]); // biome-ignore format: a table
  expect(snapshotOf("core/ue-0", objects).arrivals).toBeUndefined();
});

describe("a tap", () => {
  const tap = (name: string) => serviceFunction(name, { mode: "Tap" });
  const steps = [
    { function: "ids", weights: ["n1>ids-0=6000", "n1>ids-1=4000"] },
    { function: "fw", weights: ["n1>fw-0=10000"] },
    { function: "log", weights: ["fw-0>log-0=10000"] },
    { weights: ["fw-0>dn-0=4000", "fw-0>dn-1=6000"] },
  ];
  const tapped: MeshObjects = {
    ...chained,
    functions: [tap("ids"), serviceFunction("fw"), tap("log")],
    chains: [chain("n6", ["ids", "fw", "log"])],
    paths: [path("n6", 7, steps, { isSymmetric: true })],
    pods: [...(chained.pods ?? []), meshPod("ids-0", "n1"), meshPod("ids-1", "n2"), meshPod("log-0", "n3")],
  };

  test("is gone past: who sends the traffic on sends it the copy, by its own weights", () => {
    expect(pathOf("core/ue-0", tapped)).toMatchObject({
      serviceIndex: 2,
      next: [{ pod: "core/fw-0", weight: 10_000 }],
      taps: [
        {
          function: "ids",
          serviceIndex: 3,
          isSymmetric: true,
          next: [
            { pod: "core/ids-0", weight: 6000 },
            { pod: "core/ids-1", weight: 4000 },
          ],
        },
      ],
    });
    expect(snapshotOf("core/fw-0", tapped).hops).toMatchObject([
      {
        serviceIndex: 2,
        nextServiceIndex: 0,
        next: [{ weight: 4000 }, { weight: 6000 }],
        taps: [{ function: "log", serviceIndex: 1, next: [{ pod: "core/log-0" }] }],
      },
    ]);
  });

  test("without a live instance gets no copy, whatever its failure policy, and the traffic goes on", () => {
    const objects = without(without(tapped, "ids-0"), "ids-1");
    expect(pathOf("core/ue-0", objects)?.next).toMatchObject([{ pod: "core/fw-0" }]);
    expect(pathOf("core/ue-0", objects)?.taps).toBeUndefined();
    expect(problemsOf("core/ue-0", objects)).toEqual(["chain n6 bypasses ids: path 7 has no live instance of it"]);
  });

  test("alone before the destination leads straight there, on the path", () => {
    const alone = [{ function: "ids", weights: ["n1>ids-0=10000"] }, { weights: ["n1>dn-0=10000", "n1>dn-1=0"] }];
    const objects = { ...tapped, chains: [chain("n6", ["ids"])], paths: [path("n6", 7, alone)] };
    expect(pathOf("core/ue-0", objects)).toMatchObject({
      serviceIndex: 0,
      next: [{ pod: "core/dn-0", weight: 10_000 }, { weight: 0 }],
      taps: [{ function: "ids", isSymmetric: false }],
    });
    expect(pathOf("core/ue-0", without(objects, "ids-0"))).toBeUndefined();
  });
});

describe("a branch", () => {
  const get = { http: { methods: ["GET"] } };
  const video = chain("video", ["opt"], {
    classifier: { from: {}, isByBranchOnly: true, to: { service: "dn", port: 80 } },
  });
  const branched: MeshObjects = {
    ...chained,
    functions: [...(chained.functions ?? []), serviceFunction("opt", { port: 9002 })],
    chains: [chain("n6", ["fw", "dpi"], { branches: [{ after: "dpi", match: get, to: "video" }] }), video],
    paths: [
      ...(chained.paths ?? []),
      path("video", 8, [{ function: "opt", weights: ["n2>opt-0=10000"] }, { weights: ["opt-0>dn-1=10000"] }]),
    ],
    pods: [...(chained.pods ?? []), meshPod("opt-0", "n2")],
  };
  const branchesOf = (objects: MeshObjects) => snapshotOf("core/dpi-0", objects).hops[0]?.branches;

  test("leads from the hop of its function to the first hop of its chain, whose own classifier takes nothing", () => {
    expect(branchesOf(branched)).toMatchObject([
      { chain: "video", when: get, path: { spi: 8, serviceIndex: 1, next: [{ pod: "core/opt-0", appPort: 9002 }] } },
    ]);
    expect(snapshotOf("core/fw-0", branched).hops[0]?.branches).toBeUndefined();
    expect(pathOf("core/ue-0", branched)?.chain).toBe("n6");
    expect(problemsOf("core/ue-0", branched)).toEqual([]);
  });

  test("to a chain whose function must not be bypassed and is gone stops its traffic; one that may be leads on", () => {
    const gone = without(branched, "opt-0");
    expect(branchesOf(gone)).toEqual([{ chain: "video", when: get }]);
    const functions = [...(chained.functions ?? []), serviceFunction("opt", { failurePolicy: "Bypass" })];
    expect(branchesOf({ ...gone, functions })).toMatchObject([
      { path: { spi: 8, serviceIndex: 0, next: [{ pod: "core/dn-1" }] } },
    ]);
  });

  const back = [{ after: "opt", match: get, to: "n6" }];
  const unusable = [
    {
      name: "to a chain without a path in use",
      objects: { ...branched, paths: chained.paths ?? [] },
      problem: "nothing branches off behind dpi to chain video: it has no path in use",
    },
    {
      name: "that leads in circles, although both paths are in use",
      objects: { ...branched, chains: [branched.chains?.[0] ?? video, { ...video, branches: back }] },
      problem: "chain n6 branches nothing off: spec.branches[0].to: traffic would go in circles: n6 > video > n6",
    },
    {
      name: "by keys that the port's protocol does not show",
      objects: { ...branched, services: [meshService("dn", [{ port: 80, targetPort: 80, appProtocol: "tcp" }])] },
      problem:
        "nothing branches off behind dpi to chain video: its http keys are of HTTP/1.1 requests, and the port speaks tcp",
    },
  ];

  test.each(unusable)("$name is left out with a problem, and the hop stays", ({ objects, problem }) => {
    expect(branchesOf(objects)).toBeUndefined();
    expect(problemsOf("core/dpi-0", objects)).toEqual([problem]);
  });
});

describe("an instance", () => {
  test("forwards through its function to the next one, with its own weights", () => {
    expect(snapshotOf("core/fw-1", chained).hops).toEqual([
      {
        chain: "n6",
        spi: 7,
        serviceIndex: 2,
        function: { name: "fw", port: 9000, hasProxyProtocol: true, failurePolicy: "Block", mode: "Forward" },
        isSymmetric: false,
        protocol: "http1",
        next: [{ pod: "core/dpi-0", address: addressOf("dpi-0"), port: 15_008, appPort: 9001, weight: 10_000 }],
      },
    ]);
  });

  test("of the last function forwards to the destination's target port", () => {
    const [hop] = snapshotOf("core/dpi-0", chained).hops;
    expect(hop).toMatchObject({ serviceIndex: 1, next: [{ appPort: 8080, weight: 4000 }, { weight: 6000 }] });
  });

  test("of the last function goes to the Service's present pods when the path's are gone", () => {
    const replaced = without(without(chained, "dn-0"), "dn-1");
    const pods = [...(replaced.pods ?? []), meshPod("dn-2", "n1")];
    expect(snapshotOf("core/dpi-0", { ...replaced, pods }).hops[0]?.next).toMatchObject([
      { pod: "core/dn-2", weight: 10_000 },
    ]);
  });

  test("keeps forwarding for a path that is inactive", () => {
    const paths = chained.paths?.map((one) => ({ ...one, isActive: false })) ?? [];
    expect(snapshotOf("core/fw-0", { ...chained, paths }).hops).toHaveLength(1);
  });

  test("of two paths has a hop on each", () => {
    const old = chained.paths ?? [];
    const paths = [...old, ...old.map((one) => ({ ...one, name: "n6-8", spi: 8, isActive: false }))];
    expect(snapshotOf("core/fw-0", { ...chained, paths }).hops.map(({ spi }) => spi)).toEqual([7, 8]);
  });

  test("of two paths with one SPI keeps the first by name", () => {
    const paths = [...(chained.paths ?? []), ...(chained.paths ?? []).map((one) => ({ ...one, name: "n6-x" }))];
    expect(snapshotOf("core/fw-0", { ...chained, paths }).hops).toHaveLength(1);
    expect(problemsOf("core/fw-0", { ...chained, paths })).toEqual([
      "path n6-x is left out: SPI 7 is another path's already",
    ]);
  });
});

describe("without a live instance", () => {
  const withPolicy = (failurePolicy: "Block" | "Bypass"): MeshObjects => ({
    ...chained,
    functions: [serviceFunction("fw", { failurePolicy }), serviceFunction("dpi", { port: 9001, failurePolicy })],
  });
  const fwGone = (objects: MeshObjects) => without(without(objects, "fw-0"), "fw-1");

  test("Block leaves the classifier nowhere to send to", () => {
    const objects = fwGone(withPolicy("Block"));
    expect(snapshotOf("core/ue-0", objects).upstreams[0]).toMatchObject({ service: "dn", endpoints: [] });
    expect(pathOf("core/ue-0", objects)).toBeUndefined();
    expect(problemsOf("core/ue-0", objects)).toEqual([expect.stringContaining("chain n6 is blocked at fw")]);
  });

  test("Block leaves an instance no hop, so that it refuses what comes", () => {
    const objects = without(withPolicy("Block"), "dpi-0");
    expect(snapshotOf("core/fw-0", objects).hops).toEqual([]);
    expect(problemsOf("core/fw-0", objects)).toEqual([expect.stringContaining("chain n6 is blocked at dpi")]);
  });

  test("a destination leaves the last instance no hop", () => {
    const objects = without(without(chained, "dn-0"), "dn-1");
    expect(snapshotOf("core/dpi-0", objects).hops).toEqual([]);
    expect(problemsOf("core/dpi-0", objects)).toEqual([expect.stringContaining("destination has no live pod")]);
  });

  test("Bypass lets the classifier enter at the next function", () => {
    const objects = fwGone(withPolicy("Bypass"));
    expect(pathOf("core/ue-0", objects)).toMatchObject({ serviceIndex: 1, next: [{ pod: "core/dpi-0" }] });
    expect(problemsOf("core/ue-0", objects)).toEqual([expect.stringContaining("bypasses fw")]);
  });

  test("Bypass of every function sends traffic straight", () => {
    expect(pathOf("core/ue-0", without(fwGone(withPolicy("Bypass")), "dpi-0"))).toBeUndefined();
  });

  test("Bypass lets an instance skip to where its traffic goes on", () => {
    const [hop] = snapshotOf("core/fw-0", without(withPolicy("Bypass"), "dpi-0")).hops;
    expect(hop).toMatchObject({
      serviceIndex: 2,
      nextServiceIndex: 0,
      next: [{ pod: "core/dn-0" }, { pod: "core/dn-1" }],
    });
  });
});

describe("a path is left out with a problem when", () => {
  const [whole] = chained.paths ?? [];
  const broken = [
    { name: "its chain is gone", change: { chains: [] }, reason: /the chain "n6" is not known/ },
    { name: "its Service is gone", change: { services: [] }, reason: /the Service "dn" of its chain is not known/ },
    { name: "its port is gone", change: { services: [meshService("dn", [])] }, reason: /no TCP port 80/ },
    { name: "a function is gone", change: { functions: [serviceFunction("fw")] }, reason: /"dpi" of its hop 1/ },
    {
      name: "it does not end at a destination",
      change: { paths: whole ? [{ ...whole, hops: whole.hops.slice(0, 2) }] : [] },
      reason: /last hop is not the destination/,
    },
    {
      name: "its service indexes jump",
      change: { paths: whole ? [{ ...whole, hops: whole.hops.filter((_, at) => at !== 1) }] : [] },
      reason: /2, 0 do not count down/,
    },
  ];
  test.each(broken)("$name", ({ change, reason }) => {
    const objects = { ...chained, ...change };
    expect(snapshotOf("core/fw-0", objects).hops).toEqual([]);
    expect(problemsOf("core/fw-0", objects)).toEqual([expect.stringMatching(reason)]);
  });
});

function built(proxy: string, objects: MeshObjects) {
  return buildSnapshot(indexMesh(meshCluster({ nodes, ...objects })), proxy);
}

function snapshotOf(proxy: string, objects: MeshObjects): SnapshotContent {
  const answer = built(proxy, objects);
  if (answer.kind === "outside") throw new Error(answer.reason);
  return answer.content;
}

function problemsOf(proxy: string, objects: MeshObjects): readonly string[] {
  const answer = built(proxy, objects);
  return answer.kind === "built" ? answer.problems : [];
}

function pathOf(proxy: string, objects: MeshObjects) {
  return snapshotOf(proxy, objects).upstreams[0]?.path;
}

function weightsOf(proxy: string, pods: MeshObjects["pods"] & {}): Record<string, number> {
  const { upstreams } = snapshotOf(proxy, { services: [meshService("dn")], pods });
  return Object.fromEntries(upstreams[0]?.endpoints.map(({ pod, weight }) => [pod, weight]) ?? []);
}

/** The same, with one pod no longer ready. */
function without(objects: MeshObjects, name: string): MeshObjects {
  return { ...objects, pods: objects.pods?.map((pod) => (pod.name === name ? { ...pod, isReady: false } : pod)) ?? [] };
}
