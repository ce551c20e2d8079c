import { describe, expect, test } from "vitest";
import type { Upstream } from "../../core/model/mesh-snapshot.ts";
import { buildEndpoint, buildSnapshot, buildUpstream } from "../../test/builders/mesh-snapshot.ts";
import { clientKeyOf, flowKeyOf } from "../balance/flow-key.ts";
import { podDigest } from "../balance/pod-digest.ts";
import { createPolicy } from "../balance/policies/create-policy.ts";
import { createRendezvousPicker } from "../balance/rendezvous-picker.ts";
import { chooseDestination } from "./choose-destination.ts";
import type { Picking } from "./picking.ts";
import { compileRoutes, type RouteTable } from "./route-table.ts";

const idle = { active: () => 0, expectedMs: () => 0 };
const picking: Picking = {
  createPolicy: ({ balancing = "weighted", endpoints }) => createPolicy(balancing, endpoints, idle),
  createRendezvousPicker,
  podDigestOf: podDigest,
  flowKeyOf,
  clientKeyOf,
};
const source = { address: "10.0.0.1", port: 40_000 };
const pods = { addresses: [], isHeadless: true };

describe("a connection that was intercepted", () => {
  test("on its way to a Service's address, however that is written, is the Service's, as at its listener", () => {
    const table = compiled(buildUpstream({ addresses: ["10.96.0.7", "FD00:0::7"] }));
    const route = table.upstreamTo("10.96.0.7", 80);
    expect(route).toBeDefined();
    expect(route).toBe(table.upstreamAt(15_011));
    expect(table.upstreamTo("fd00::7", 80)).toBe(route);
    expect(table.upstreamTo("::ffff:10.96.0.7", 80)).toBe(route);
  });

  test("on its way to another port, or to a Service that is not intercepted, is nobody's", () => {
    const table = compiled(buildUpstream({ addresses: ["10.96.0.7"] }));
    expect(table.upstreamTo("10.96.0.7", 81)).toBeUndefined();
    expect(table.upstreamTo("10.0.0.5", 81)).toBeUndefined();
    expect(compiled(buildUpstream()).upstreamTo("10.0.0.5", 8080)).toBeUndefined();
  });

  test("on its way to a pod of a Service with an address goes straight to that pod", () => {
    const path = { chain: "edge/inspect", spi: 7, serviceIndex: 1, next: [buildEndpoint("edge/fw-0")] };
    const rules = [{ route: "edge/r", when: {}, backends: [] }];
    const table = compiled(buildUpstream({ protocol: "http1", addresses: ["10.96.0.7"], path, rules }));
    const route = table.upstreamTo("10.0.0.6", 8080);
    expect(route?.upstream.service).toBe("dn");
    const course = route?.classes.forConnection(source)();
    expect(course && chooseDestination(course, { source, uniform: 0.1 })).toMatchObject({
      kind: "endpoint",
      endpoint: { pod: "edge/dn-1" },
    });
    expect(course?.refusal).toBeUndefined();
  });

  test("on its way to a pod of a headless Service goes to that pod, whatever its weight", () => {
    const endpoints = [buildEndpoint("edge/dn-0"), buildEndpoint("edge/dn-1", { weight: 0 })];
    const table = compiled(buildUpstream({ ...pods, endpoints }));
    const route = table.upstreamTo("10.0.0.6", 8080);
    const choice = route && chooseDestination(route, { source, uniform: 0.1 });
    expect(choice).toMatchObject({ kind: "endpoint", endpoint: { pod: "edge/dn-1" } });
    expect(route && chooseDestination(route, { source, uniform: 0.1 }, ({ pod }) => pod === "edge/dn-1").kind).toBe(
      "none",
    );
    expect(table.upstreamTo("10.0.0.6", 8080)).toBe(route);
    expect(table.upstreamTo("10.0.0.6", 80)).toBeUndefined();
  });

  test("and that a chain takes goes along the chain's path, also to a headless Service", () => {
    const path = { chain: "edge/inspect", spi: 7, serviceIndex: 1, next: [buildEndpoint("edge/fw-0")] };
    const route = compiled(buildUpstream({ ...pods, path })).upstreamTo("10.0.0.5", 8080);
    expect(route && chooseDestination(route, { source, uniform: 0.1 })).toMatchObject({
      kind: "path",
      endpoint: { pod: "edge/fw-0" },
    });
  });

  test("is the first's of two upstreams, and a Service's address goes before a pod's", () => {
    const table = compiled(
      buildUpstream({ ...pods, service: "pods" }),
      buildUpstream({ listenPort: 15_012, service: "a", addresses: ["10.96.0.7", "10.0.0.5"], port: 8080 }),
      buildUpstream({ listenPort: 15_013, service: "b", addresses: ["10.96.0.7"], port: 8080 }),
    );
    expect(table.upstreamTo("10.96.0.7", 8080)?.upstream.service).toBe("a");
    expect(table.upstreamTo("10.0.0.5", 8080)?.upstream.service).toBe("a");
    expect(table.upstreamTo("10.0.0.6", 8080)?.upstream.service).toBe("pods");
  });

  test("is of TCP: an upstream of datagrams has none", () => {
    const table = compiled(buildUpstream({ protocol: "udp", addresses: ["10.96.0.7"] }));
    expect(table.upstreamTo("10.96.0.7", 80)).toBeUndefined();
  });
});

test("any number of upstreams may have no listener, and are then at no port", () => {
  const { listenPort: _, ...unheard } = buildUpstream({ addresses: ["10.96.0.7"] });
  const table = compiled(unheard, { ...unheard, addresses: ["10.96.0.8"] });
  expect(table.upstreamTo("10.96.0.8", 80)?.upstream.addresses).toEqual(["10.96.0.8"]);
  expect(table.upstreamAt(15_011)).toBeUndefined();
});

test("an address that is none is refused by its field", () => {
  const snapshot = buildSnapshot({ upstreams: [buildUpstream({ addresses: ["10.96.0.7", "dn"] })] });
  expect(compileRoutes(snapshot, picking)).toEqual({
    kind: "rejected",
    field: "upstreams[0].addresses[1]",
    reason: `"dn" is not an IP address`,
  });
});

test("a listener that two upstreams have is refused by its place among all", () => {
  const { listenPort: _, ...unheard } = buildUpstream();
  const snapshot = buildSnapshot({ upstreams: [buildUpstream(), unheard, buildUpstream()] });
  expect(compileRoutes(snapshot, picking)).toMatchObject({
    field: "upstreams[2].listenPort",
    reason: "15011 stands already in upstreams[0]",
  });
});

function compiled(...upstreams: readonly Upstream[]): RouteTable {
  const result = compileRoutes(buildSnapshot({ upstreams }), picking);
  if (result.kind === "rejected") throw new Error(`${result.field}: ${result.reason}`);
  return result.table;
}
