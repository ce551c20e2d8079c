import { describe, expect, test } from "vitest";
import type { MeshSnapshot, PathTap, UpstreamMatch } from "../../core/model/mesh-snapshot.ts";
import { buildEndpoint, buildHop, buildPeer, buildSnapshot, buildUpstream } from "../../test/builders/mesh-snapshot.ts";
import { clientKeyOf, flowKeyOf } from "../balance/flow-key.ts";
import { podDigest } from "../balance/pod-digest.ts";
import { createPolicy } from "../balance/policies/create-policy.ts";
import { createRendezvousPicker } from "../balance/rendezvous-picker.ts";
import { chooseDestination, chooseNextHop, chooseTap } from "./choose-destination.ts";
import type { Picking } from "./picking.ts";
import { compileRoutes, type RouteTable, type UpstreamRoute } from "./route-table.ts";

const idle = { active: () => 0, expectedMs: () => 0 };
const picking: Picking = {
  createPolicy: ({ balancing = "weighted", endpoints }) => createPolicy(balancing, endpoints, idle),
  createRendezvousPicker,
  podDigestOf: podDigest,
  flowKeyOf,
  clientKeyOf,
};
const source = { address: "10.0.0.1", port: 40_000 };
const path = {
  chain: "edge/inspect",
  spi: 7,
  serviceIndex: 2,
  next: [buildEndpoint("edge/fw-0"), buildEndpoint("edge/fw-1")],
};

describe("a sound snapshot", () => {
  test("is found by port, by place on a path, by address and by pod", () => {
    const table = compiled(
      buildSnapshot({ hops: [buildHop(), buildHop({ serviceIndex: 1 })], arrivals: [{ chain: "n6", spi: 9 }] }),
    );
    expect(table.version).toBe(3);
    expect(table.self.pod).toBe("edge/client-0");
    expect(table.upstreamAt(15_011)?.upstream.service).toBe("dn");
    expect(table.upstreamAt(15_012)).toBeUndefined();
    expect(table.hopFor(7, 1)?.hop.serviceIndex).toBe(1);
    expect(table.hopFor(7, 0)).toBeUndefined();
    expect(table.hopFor(6, 2)).toBeUndefined();
    expect(table.arrivingChain(9)).toBe("n6");
    expect(table.arrivingChain(7)).toBeUndefined();
    expect(table.peerAt("10.0.0.2")?.pod).toBe("edge/fw-0");
    expect(table.peerAt("::ffff:10.0.0.2")?.pod).toBe("edge/fw-0");
    expect(table.peerAt("10.0.0.99")).toBeUndefined();
    expect(table.peerNamed("edge/dn-1")?.address).toBe("10.0.0.6");
  });

  test("finds peers by address, however the snapshot writes it", () => {
    const peers = [...buildSnapshot().peers, { ...buildPeer("edge/v6-0"), address: "FD00:0::0A" }];
    const table = compiled(buildSnapshot({ peers }));
    expect(table.peerAt("fd00::a")?.pod).toBe("edge/v6-0");
  });

  test("may have a service without endpoints", () => {
    const route = compiled(buildSnapshot({ upstreams: [buildUpstream({ endpoints: [] })] })).upstreamAt(15_011);
    expect(route && chooseDestination(route, { source, uniform: 0.5 })).toEqual({
      kind: "none",
      reason: "service edge/dn has no endpoint left",
    });
  });
});

const refused: readonly {
  readonly name: string;
  readonly snapshot: MeshSnapshot;
  readonly field: string;
  readonly reason: string;
}[] = [
  {
    name: "no version",
    snapshot: buildSnapshot({ version: Number.NaN }),
    field: "version",
    reason: "NaN is not an integer in 0..9007199254740991",
  },
  {
    name: "a proxy that is no peer",
    snapshot: buildSnapshot({ proxy: "edge/else-0" }),
    field: "proxy",
    reason: '"edge/else-0" is not in peers',
  },
  {
    name: "a peer without an address",
    snapshot: withPeers({ address: "" }),
    field: "peers[6].address",
    reason: '"" is not an IP address',
  },
  {
    name: "a peer twice",
    snapshot: withPeers({ pod: "edge/fw-0", address: "10.0.0.9" }),
    field: "peers[6].pod",
    reason: "edge/fw-0 stands already in peers[1]",
  },
  {
    name: "an address twice",
    snapshot: withPeers({ pod: "edge/x-0", address: "10.0.0.2" }),
    field: "peers[6].address",
    reason: "10.0.0.2 stands already in peers[1]",
  },
  {
    name: "a listen port out of range",
    snapshot: withUpstream({ listenPort: 70_000 }),
    field: "upstreams[0].listenPort",
    reason: "70000 is not an integer in 1..65535",
  },
  {
    name: "a listen port of the proxy's own",
    snapshot: withUpstream({ listenPort: 15_008 }),
    field: "upstreams[0].listenPort",
    reason: "15008 is a port of the proxy itself",
  },
  {
    name: "a listen port twice",
    snapshot: buildSnapshot({ upstreams: [buildUpstream(), buildUpstream({ service: "nrf" })] }),
    field: "upstreams[1].listenPort",
    reason: "15011 stands already in upstreams[0]",
  },
  {
    name: "an endpoint that is no peer",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-9")] }),
    field: "upstreams[0].endpoints[0].pod",
    reason: '"edge/dn-9" is not in peers',
  },
  {
    name: "an endpoint twice",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-0"), buildEndpoint("edge/dn-0")] }),
    field: "upstreams[0].endpoints[1].pod",
    reason: "edge/dn-0 stands already in upstreams[0].endpoints[0]",
  },
  {
    name: "a weight below 0",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-0", { weight: -1 })] }),
    field: "upstreams[0].endpoints[0].weight",
    reason: "-1 is not at least 0",
  },
  {
    name: "a weight without end",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-0", { weight: Number.POSITIVE_INFINITY })] }),
    field: "upstreams[0].endpoints[0].weight",
    reason: "Infinity is not at least 0",
  },
  {
    name: "an endpoint named by host",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-0", { address: "dn-0" })] }),
    field: "upstreams[0].endpoints[0].address",
    reason: '"dn-0" is not an IP address',
  },
  {
    name: "an application port of 0",
    snapshot: withUpstream({ endpoints: [buildEndpoint("edge/dn-0", { appPort: 0 })] }),
    field: "upstreams[0].endpoints[0].appPort",
    reason: "0 is not an integer in 1..65535",
  },
  {
    name: "a path without a first hop",
    snapshot: withUpstream({ path: { ...path, next: [] } }),
    field: "upstreams[0].path.next",
    reason: "is empty: traffic on the path would have nowhere to go",
  },
  {
    name: "a path without an identifier",
    snapshot: withUpstream({ path: { ...path, spi: 0 } }),
    field: "upstreams[0].path.spi",
    reason: "0 is not an integer in 1..16777215",
  },
  {
    name: "a hop at the destination's index",
    snapshot: buildSnapshot({ hops: [buildHop({ serviceIndex: 0 })] }),
    field: "hops[0].serviceIndex",
    reason: "0 is not an integer in 1..255",
  },
  {
    name: "a hop without next",
    snapshot: buildSnapshot({ hops: [buildHop({ next: [] })] }),
    field: "hops[0].next",
    reason: "is empty: traffic on the path would have nowhere to go",
  },
  {
    name: "a hop onto no peer",
    snapshot: buildSnapshot({ hops: [buildHop({ next: [buildEndpoint("edge/gone-0", { address: "10.0.0.9" })] })] }),
    field: "hops[0].next[0].pod",
    reason: '"edge/gone-0" is not in peers',
  },
  {
    name: "a hop twice",
    snapshot: buildSnapshot({ hops: [buildHop(), buildHop({ chain: "edge/other" })] }),
    field: "hops[1].serviceIndex",
    reason: "2 of path 7 stands already in hops[0]",
  },
  {
    name: "two chains whose paths end here with one SPI",
    snapshot: buildSnapshot({
      arrivals: [
        { chain: "n6", spi: 7 },
        { chain: "n9", spi: 7 },
      ],
    }),
    field: "arrivals[1].spi",
    reason: "7 stands already in arrivals[0]",
  },
  {
    name: "two keys of one hop of a path",
    snapshot: buildSnapshot({
      arrivals: [
        {
          chain: "n6",
          spi: 7,
          proof: { mode: "Report", keys: [1, 1].map((serviceIndex) => ({ serviceIndex, key: "0".repeat(64) })) },
        },
      ],
    }),
    field: "arrivals[0].proof.keys[1].serviceIndex",
    reason: "1 stands already in arrivals[0].proof.keys[0]",
  },
  {
    name: "keys of requests on an upstream of TCP",
    snapshot: withMatch({ when: { http: { methods: ["GET"] } } }),
    field: "upstreams[0].matches[0].when.http",
    reason: "requests of an upstream that speaks tcp are not seen",
  },
  {
    name: "a path on an upstream of UDP",
    snapshot: withUpstream({ protocol: "gtp-u", path }),
    field: "upstreams[0].path",
    reason: "excludes the protocol gtp-u: chains take TCP connections",
  },
  {
    name: "server names on an upstream of HTTP",
    snapshot: withUpstream({ protocol: "http1", matches: [{ chain: "c", when: { serverNames: ["a"] } }] }),
    field: "upstreams[0].matches[0].when.serverNames",
    reason: "an upstream that speaks http1 carries no TLS",
  },
  {
    name: "a match by what is no block",
    snapshot: withMatch({ when: { sources: ["10.0.0.0/8", "10.0.0.0/33"] } }),
    field: "upstreams[0].matches[0].when.sources[1]",
    reason: '"10.0.0.0/33" is no block of addresses',
  },
  {
    name: "a match that is blocked and has a path",
    snapshot: withMatch({ path, isBlocked: true }),
    field: "upstreams[0].matches[0].isBlocked",
    reason: "excludes a path",
  },
  {
    name: "a match onto no peer",
    snapshot: withMatch({ path: { ...path, next: [buildEndpoint("edge/gone-0", { address: "10.0.0.9" })] } }),
    field: "upstreams[0].matches[0].path.next[0].pod",
    reason: '"edge/gone-0" is not in peers',
  },
  {
    name: "more matches than a request is to be compared with",
    snapshot: withUpstream({ matches: Array.from({ length: 65 }, () => ({ chain: "c", when: {} })) }),
    field: "upstreams[0].matches",
    reason: "has 65 entries, at most 64 are accepted",
  },
];

test.each(refused)("a snapshot with $name is refused by field and reason", ({ snapshot, field, reason }) => {
  expect(compileRoutes(snapshot, picking)).toEqual({ kind: "rejected", field, reason });
});

describe("classification", () => {
  test("off chains follows the weights by the random number given", () => {
    const endpoints = [buildEndpoint("edge/dn-0", { weight: 1 }), buildEndpoint("edge/dn-1", { weight: 3 })];
    const route = routeAt(compiled(withUpstream({ endpoints })));
    const pods = Array.from({ length: 100 }, (_, index) => {
      const destination = chooseDestination(route, { source, uniform: (index + 0.5) / 100 });
      return destination.kind === "endpoint" ? destination.endpoint.pod : destination.kind;
    });
    expect(pods.filter((pod) => pod === "edge/dn-1")).toHaveLength(75);
    expect(pods.filter((pod) => pod === "edge/dn-0")).toHaveLength(25);
  });

  test("puts a chain's traffic on its path, always the same instance for one client port", () => {
    const route = routeAt(compiled(withUpstream({ path })));
    const first = chooseDestination(route, { source, uniform: 0.1 });
    expect(first).toMatchObject({
      kind: "path",
      chain: "edge/inspect",
      servicePath: { spi: 7, serviceIndex: 2, ttl: 63 },
    });
    for (const uniform of [0, 0.5, 0.99]) expect(chooseDestination(route, { source, uniform })).toEqual(first);
    const pods = Array.from({ length: 50 }, (_, index) => {
      const destination = chooseDestination(route, { source: { ...source, port: 30_000 + index }, uniform: 0 });
      return destination.kind === "path" ? destination.endpoint.pod : destination.kind;
    });
    expect(new Set(pods)).toEqual(new Set(["edge/fw-0", "edge/fw-1"]));
  });

  test("goes to the other instance when one is excluded, and never around the chain", () => {
    const route = routeAt(compiled(withUpstream({ path })));
    const destination = chooseDestination(route, { source, uniform: 0 }, ({ pod }) => pod === "edge/fw-0");
    expect(destination).toMatchObject({ kind: "path", endpoint: { pod: "edge/fw-1" } });
    expect(chooseDestination(route, { source, uniform: 0 }, ({ pod }) => pod.startsWith("edge/fw"))).toEqual({
      kind: "none",
      reason: "no instance is left at index 2 of path 7 of chain edge/inspect",
    });
  });
});

describe("a class of its own", () => {
  const blocks = (classes: readonly Partial<UpstreamMatch>[]) =>
    routeAt(compiled(withUpstream({ matches: classes.map((one) => ({ chain: "edge/part", when: {}, ...one })) })));
  const courseOf = (route: UpstreamRoute, address: string) => route.classes.forConnection({ address })();

  test("goes its path, and the rest goes straight", () => {
    const route = blocks([{ when: { sources: ["10.0.0.0/24"] }, path }]);
    expect(chooseDestination(courseOf(route, "10.0.0.1"), { source, uniform: 0 })).toMatchObject({ kind: "path" });
    expect(chooseDestination(courseOf(route, "10.0.1.1"), { source, uniform: 0 })).toMatchObject({ kind: "endpoint" });
  });

  test("that is blocked has no destination, and one without a path goes straight", () => {
    const route = blocks([{ when: { sources: ["10.0.0.0/24"] }, isBlocked: true }, {}]);
    expect(chooseDestination(courseOf(route, "10.0.0.1"), { source, uniform: 0 })).toEqual({
      kind: "none",
      reason: "no instance is left of a function of chain edge/part",
    });
    expect(chooseDestination(courseOf(route, "10.0.1.1"), { source, uniform: 0 })).toMatchObject({ kind: "endpoint" });
  });
});

describe("a tap", () => {
  const tap: PathTap = { function: "ids", serviceIndex: 3, isSymmetric: true, next: [buildEndpoint("edge/dpi-0")] };
  const isExcluded = () => true;

  test("gets its copy with its own index, and the TTL of the traffic beside it", () => {
    const [route] = routeAt(compiled(withUpstream({ path: { ...path, taps: [tap] } }))).path?.taps ?? [];
    expect(route && chooseTap(route, { source, ttl: 63 })).toEqual({
      kind: "path",
      chain: "edge/inspect",
      endpoint: buildEndpoint("edge/dpi-0"),
      servicePath: { spi: 7, serviceIndex: 3, ttl: 63 },
    });
    expect(route && chooseTap(route, { source, ttl: 63 }, isExcluded)).toEqual({
      kind: "none",
      reason: "no instance is left of the tap ids of chain edge/inspect",
    });
  });

  test("alone before the destination has traffic enter its path at index 0", () => {
    const entry = { ...path, serviceIndex: 0, next: [buildEndpoint("edge/dn-0")], taps: [{ ...tap, serviceIndex: 1 }] };
    const route = routeAt(compiled(withUpstream({ path: entry })));
    expect(chooseDestination(route, { source, uniform: 0 })).toMatchObject({ servicePath: { serviceIndex: 0 } });
  });

  const misplaced = [
    { name: "behind the hop that traffic enters", snapshot: withUpstream({ path: { ...path, taps: [{ ...tap, serviceIndex: 2 }] } }), field: "upstreams[0].path.taps[0].serviceIndex" },
    { name: "behind the next hop", snapshot: buildSnapshot({ hops: [buildHop({ taps: [{ ...tap, serviceIndex: 1 }] })] }), field: "hops[0].taps[0].serviceIndex" },
    { name: "twice in one place", snapshot: withUpstream({ path: { ...path, taps: [tap, tap] } }), field: "upstreams[0].path.taps[1].serviceIndex" },
    { name: "nowhere", snapshot: withUpstream({ path: { ...path, taps: [{ ...tap, next: [] }] } }), field: "upstreams[0].path.taps[0].next" },
  ]; // biome-ignore format: a table

  test.each(misplaced)("that stands $name is refused", ({ snapshot, field }) => {
    expect(compileRoutes(snapshot, picking)).toMatchObject({ kind: "rejected", field });
  });
});

describe("forwarding", () => {
  const table = compiled(buildSnapshot({ proxy: "edge/fw-0", hops: [buildHop()] }));
  const hop = table.hopFor(7, 2);

  test("sends on with index and TTL one lower", () => {
    expect(hop && chooseNextHop(hop, { spi: 7, serviceIndex: 2, ttl: 63 }, source)).toMatchObject({
      kind: "path",
      endpoint: { pod: "edge/dpi-0" },
      chain: "edge/inspect",
      servicePath: { spi: 7, serviceIndex: 1, ttl: 62 },
    });
  });

  test("goes past functions that are bypassed", () => {
    const past = compiled(buildSnapshot({ proxy: "edge/fw-0", hops: [{ ...buildHop(), nextServiceIndex: 0 }] }));
    const route = past.hopFor(7, 2);
    expect(route && chooseNextHop(route, { spi: 7, serviceIndex: 2, ttl: 63 }, source)).toMatchObject({
      servicePath: { spi: 7, serviceIndex: 0, ttl: 62 },
    });
  });

  test("stops where the TTL runs out", () => {
    expect(hop && chooseNextHop(hop, { spi: 7, serviceIndex: 2, ttl: 1 }, source)).toEqual({
      kind: "none",
      reason: "TTL of path 7 ran out: the path loops or is too long",
    });
  });

  test("stops where no instance is left", () => {
    expect(hop && chooseNextHop(hop, { spi: 7, serviceIndex: 2, ttl: 63 }, source, () => true)).toEqual({
      kind: "none",
      reason: "no instance is left at index 1 of path 7 of chain edge/inspect",
    });
  });
});

test("every forwarder that knows the same instances sends a flow to the same one", () => {
  const next = [buildEndpoint("edge/dn-0", { weight: 4000 }), buildEndpoint("edge/dn-1", { weight: 6000 })];
  const hops = [buildHop({ next })];
  const [first, second] = ["edge/fw-0", "edge/fw-1"].map((proxy) =>
    compiled(buildSnapshot({ proxy, hops })).hopFor(7, 2),
  );
  for (let port = 1024; port < 1100; port++) {
    expect(first?.pick({ ...source, port })).toEqual(second?.pick({ ...source, port }));
  }
});

function compiled(snapshot: MeshSnapshot): RouteTable {
  const routes = compileRoutes(snapshot, picking);
  if (routes.kind === "rejected") throw new Error(`${routes.field}: ${routes.reason}`);
  return routes.table;
}

function routeAt(table: RouteTable) {
  const route = table.upstreamAt(15_011);
  if (route === undefined) throw new Error("no upstream at 15011");
  return route;
}

function withUpstream(changes: Parameters<typeof buildUpstream>[0]): MeshSnapshot {
  return buildSnapshot({ upstreams: [buildUpstream(changes)] });
}

function withMatch(changes: Partial<UpstreamMatch>): MeshSnapshot {
  return withUpstream({ matches: [{ chain: "edge/inspect", when: {}, ...changes }] });
}

function withPeers(changes: { readonly pod?: string; readonly address: string }): MeshSnapshot {
  return buildSnapshot({ peers: [...buildSnapshot().peers, { ...buildPeer("edge/x-0"), ...changes }] });
}
