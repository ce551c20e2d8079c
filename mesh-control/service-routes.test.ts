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
    kind: "HTTPRoute",
    namespace: "core",
    name: "route",
    generation: 1,
    createdAt: "2030-01-01T00:00:00Z",
    parents: [{ namespace: "core", service: "udm", port: undefined }],
    rules: [{ index: 0, matches, backends }],
    ...rest,
  };
}

function built(routes: readonly HttpRoute[], ports = [port]) {
  const cluster = meshCluster({
    nodes: [meshNode("n1", "z1")],
    pods: [meshPod("ue-0", "n1", "udm:80=15010"), meshPod("v1-0", "n1"), meshPod("v2-0", "n1"), meshPod("udm-0", "n1")],
    services: [meshService("udm", ports), meshService("v1", ports), meshService("v2", ports)],
    routes,
  });
  const content = buildSnapshot(indexMesh(cluster), "core/ue-0");
  if (content.kind !== "built") throw new Error("not in the mesh");
  const whole = content.content.upstreams[0]?.rules;
  const rules = whole?.map(({ route, when, backends }) => ({
    route,
    when,
    to: backends.map((each) => [each.service, each.weight, each.endpoints.map(({ pod }) => pod)]),
  }));
  return { rules, whole, problems: content.problems };
}

test("requests are split over the backends' pods, in parts of their weights", () => {
  const [rule] = routeOf({ to: ["v1", "v2"] }).rules;
  const backends = (rule?.backends ?? []).map((backend, at) => ({ ...backend, weight: at === 0 ? 9 : 1 }));
  expect(built([routeOf({ rules: [{ index: 0, matches: [{}], backends }] })])).toMatchObject({
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
    expect(built([route])).toMatchObject({ rules: undefined, problems: [] });
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
  expect(built([routeOf({})], [{ port: 80, targetPort: 8080, appProtocol: "tcp" }])).toMatchObject({
    rules: undefined,
    problems: ["HTTPRoute route.core takes no requests: port 80 of udm speaks tcp"],
  });
});

describe("what else rules have done to requests", () => {
  const change = (name: string) => ({ removed: [], added: [{ name, value: "1" }] });

  test("goes to the proxies with each match, changes of a backend behind those of its rule", () => {
    const [rule] = routeOf({}).rules;
    const [backend] = rule?.backends ?? [];
    if (rule === undefined || backend === undefined) throw new Error("no backend");
    const actions = {
      timeouts: { requestMs: 1000 },
      retry: { statusCodes: [503], retriesMax: 2, backoffMs: 25 },
      session: { carrier: "cookie", name: "udm" } as const,
    };
    const route = routeOf({
      injected: { abort: { statusCode: 500, percent: 5 } },
      hedge: { afterMs: 50 },
      rules: [
        {
          ...rule,
          ...actions,
          changes: { request: change("x-rule"), host: "udr.core" },
          backends: [{ ...backend, changes: { request: change("x-backend") } }],
          mirrors: [{ namespace: "core", service: "v2", port: 80, percent: 10 }],
        },
      ],
    });
    const { whole, problems } = built([route]);
    expect(problems).toEqual([]);
    expect(whole?.[0]).toMatchObject({
      ...actions,
      fault: { abort: { statusCode: 500, percent: 5 } },
      hedge: { afterMs: 50 },
      backends: [
        {
          service: "v1",
          changes: { request: { added: [{ name: "x-rule" }, { name: "x-backend" }] }, host: "udr.core" },
        },
      ],
      mirrors: [{ service: "v2", percent: 10, endpoints: [{ pod: "core/v2-0" }] }],
    });
  });

  test("leaves out mirrors that are not there, and says so", () => {
    const [rule] = routeOf({}).rules;
    if (rule === undefined) throw new Error("no rule");
    const mirrors = [{ namespace: "core", service: "v9", port: 80, percent: 10 }];
    const route = routeOf({ rules: [{ ...rule, mirrors }] });
    const { whole, problems } = built([route]);
    expect(whole?.[0]?.mirrors).toBeUndefined();
    expect(problems).toEqual([
      "HTTPRoute route.core, rule 0: there is no port 80 of a Service v9 in core; nothing is mirrored to it",
    ]);
  });
});

test("what is left out of a route is told, and the rest of it counts", () => {
  const faults = [{ rule: 1, field: "spec.rules[1].filters[0].type", reason: "is not carried out" }];
  const { rules, problems } = built([routeOf({ faults })]);
  expect(rules).toHaveLength(1);
  expect(problems).toEqual([
    "HTTPRoute route.core is in part left out: spec.rules[1].filters[0].type is not carried out",
  ]);
});

test("a backend that speaks another HTTP than the requests is none", () => {
  const other = { ...port, port: 81, appProtocol: "kubernetes.io/h2c" };
  const backends = [{ namespace: "core", service: "v1", port: 81, weight: 1 }];
  const { whole, problems } = built([routeOf({ rules: [{ index: 0, matches: [{}], backends }] })], [port, other]);
  expect(whole?.[0]?.backends).toMatchObject([{ service: "v1", isMissing: true }]);
  expect(problems[0]).toMatch(/port 81 of the Service v1 in core speaks h2c, and not http1/);
});

test("GRPCRoutes are of HTTP/2 only", () => {
  const route = routeOf({ kind: "GRPCRoute" });
  expect(built([route]).problems).toEqual(["GRPCRoute route.core takes no requests: port 80 of udm speaks http1"]);
  const { rules, problems } = built([route], [{ ...port, appProtocol: "kubernetes.io/h2c" }]);
  expect([rules?.length, problems]).toEqual([1, []]);
});
