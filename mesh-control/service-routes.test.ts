import { describe, expect, test } from "vitest";
import type { HttpRoute } from "../core/model/http-route.ts";
import type { HttpMatch } from "../core/model/traffic-match.ts";
import { meshCluster, meshNode, meshPod, meshService } from "../test/builders/mesh-cluster.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { indexMesh } from "./mesh-index.ts";

const port = { port: 80, targetPort: 8080, appProtocol: "http" };

function routeOf(
  parts: Partial<HttpRoute> & { readonly matches?: readonly HttpMatch[]; readonly to?: readonly string[] },
): HttpRoute {
  const { matches = [{}], to = ["v1"], ...rest } = parts;
  const backends = to.map((service) => ({ namespace: "core", service, port: 80, weight: 1 }));
  return {
    namespace: "core",
    name: "route",
    createdAt: "2030-01-01T00:00:00Z",
    parents: [{ namespace: "core", service: "udm", port: undefined }],
    rules: [{ matches, backends }],
    ...rest,
  };
}

function built(routes: readonly HttpRoute[], ports = [port]) {
  const cluster = meshCluster({
    nodes: [meshNode("n1", "z1")],
    pods: [meshPod("ue-0", "n1", "udm=15010"), meshPod("v1-0", "n1"), meshPod("v2-0", "n1"), meshPod("udm-0", "n1")],
    services: [meshService("udm", ports), meshService("v1"), meshService("v2")],
    routes,
  });
  const content = buildSnapshot(indexMesh(cluster), "core/ue-0");
  if (content.kind !== "built") throw new Error("not in the mesh");
  const rules = content.content.upstreams[0]?.rules?.map(({ route, when, backends }) => ({
    route,
    when,
    to: backends.map((each) => [each.service, each.weight, each.endpoints.map(({ pod }) => pod)]),
  }));
  return { rules, problems: content.problems };
}

test("requests are split over the backends' pods, in parts of their weights", () => {
  const [rule] = routeOf({ to: ["v1", "v2"] }).rules;
  const backends = (rule?.backends ?? []).map((backend, at) => ({ ...backend, weight: at === 0 ? 9 : 1 }));
  expect(built([routeOf({ rules: [{ matches: [{}], backends }] })])).toEqual({
    rules: [
      {
        route: "core/route",
        when: {},
        to: [
          ["v1", 9000, ["core/v1-0"]],
          ["v2", 1000, ["core/v2-0"]],
        ],
      },
    ],
    problems: [],
  });
});

describe("of several rules", () => {
  test("those that ask for more go first, then those of the older route", () => {
    const exact: HttpMatch = { paths: [{ type: "Exact", value: "/a" }] };
    const long: HttpMatch = { paths: [{ type: "Prefix", value: "/a/b/c" }] };
    const short: HttpMatch = { paths: [{ type: "Prefix", value: "/a" }] };
    const shortGet: HttpMatch = { ...short, methods: ["GET"] };
    const { rules } = built([
      routeOf({ name: "young", createdAt: "2031-01-01T00:00:00Z", matches: [{}, short, long] }),
      routeOf({ name: "old", matches: [{}, shortGet, exact] }),
    ]);
    expect(rules?.map(({ route, when }) => [route, when.http])).toEqual([
      ["core/old", exact],
      ["core/young", long],
      ["core/old", shortGet],
      ["core/young", short],
      ["core/old", undefined],
      ["core/young", undefined],
    ]);
  });
});

describe("a route is not for", () => {
  const cases = [
    { name: "another port", route: routeOf({ parents: [{ namespace: "core", service: "udm", port: 81 }] }) },
    { name: "another Service", route: routeOf({ parents: [{ namespace: "core", service: "ausf", port: 80 }] }) },
    { name: "clients of namespaces that are neither its own nor the Service's", route: routeOf({ namespace: "far" }) },
  ];
  test.each(cases)("$name", ({ route }) => {
    expect(built([route])).toEqual({ rules: undefined, problems: [] });
  });
});

test("a backend that is not there keeps its part, and is told of", () => {
  const { rules, problems } = built([routeOf({ to: ["v1", "v3"] })]);
  expect(rules?.[0]?.to).toEqual([
    ["v1", 5000, ["core/v1-0"]],
    ["v3", 5000, []],
  ]);
  expect(problems).toEqual([
    "HTTPRoute route.core, rule 0: there is no port 80 of a Service v3 in core; its part of the requests is refused",
  ]);
});

test("requests of HTTP/2 are seen, too", () => {
  const { rules, problems } = built([routeOf({})], [{ port: 80, targetPort: 8080, appProtocol: "kubernetes.io/h2c" }]);
  expect(rules).toHaveLength(1);
  expect(problems).toEqual([]);
});

test("of a port whose requests nobody sees a route takes none, which is told", () => {
  expect(built([routeOf({})], [{ port: 80, targetPort: 8080, appProtocol: "tcp" }])).toEqual({
    rules: undefined,
    problems: ["HTTPRoute route.core takes no requests: port 80 of udm speaks tcp"],
  });
});
