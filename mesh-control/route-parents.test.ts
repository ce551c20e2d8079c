import { describe, expect, test } from "vitest";
import type { HttpRoute, HttpRouteRule } from "../core/model/http-route.ts";
import type { Service } from "../core/model/service.ts";
import { meshService } from "../test/builders/mesh-cluster.ts";
import { routeParents } from "./route-parents.ts";

const http = { port: 80, targetPort: 8080, appProtocol: "http" };
const plain = { port: 81, targetPort: 8081, appProtocol: "tcp" };
const grpc = { port: 82, targetPort: 8082, appProtocol: "grpc" };
const services = new Map<string, Service>([
  ["core/udm", meshService("udm", [plain, http])],
  ["core/v1", meshService("v1", [http, grpc])],
]);
const rule: HttpRouteRule = {
  index: 0,
  matches: [{}],
  backends: [{ namespace: "core", service: "v1", port: 80, weight: 1 }],
};
const fault = { rule: 1, field: "spec.rules[1].filters[0].type", reason: "is not carried out" };

function routeOf(parts: Partial<HttpRoute> = {}): HttpRoute {
  const parents = [{ namespace: "core", service: "udm", port: undefined }];
  const about = { namespace: "core", name: "route", createdAt: "", generation: 7 };
  return { kind: "HTTPRoute", ...about, parents, rules: [rule], ...parts };
}

function conditions(parts: Partial<HttpRoute> = {}): Record<string, string> {
  const [said] = routeParents({ services }, routeOf(parts));
  return Object.fromEntries(
    (said?.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason}: ${one.message}`]),
  );
}

test("a route that is carried out is accepted, of the generation that was looked at", () => {
  expect(conditions()).toEqual({
    Accepted: "True Accepted: the proxies carry it out",
    ResolvedRefs: "True ResolvedRefs: all backends are there",
  });
  const [said] = routeParents({ services }, routeOf());
  expect(said?.conditions.map(({ observedGeneration }) => observedGeneration)).toEqual([7, 7]);
});

test("with some rules left out it is partly invalid, and says which and why", () => {
  expect(conditions({ faults: [fault] })).toMatchObject({
    Accepted: "True Accepted: the proxies carry it out",
    PartiallyInvalid: "True UnsupportedValue: Dropped Rule 1: spec.rules[1].filters[0].type is not carried out",
  });
});

test("with all of them left out it is not accepted", () => {
  expect(conditions({ rules: [], faults: [fault] })).toEqual({
    Accepted: "False UnsupportedValue: spec.rules[1].filters[0].type is not carried out",
    ResolvedRefs: "True ResolvedRefs: all backends are there",
  });
});

describe("a parent that cannot be attached to", () => {
  test.each([
    [{ namespace: "core", service: "ausf", port: 80 }, "there is no Service ausf in core"],
    [{ namespace: "core", service: "udm", port: 8080 }, "Service udm in core has no port 8080"],
    [
      { namespace: "core", service: "udm", port: 81 },
      "port 81 of Service udm speaks tcp, of which HTTPRoutes take no requests",
    ],
  ])("%j", (parent, message) => {
    expect(conditions({ parents: [parent] })).toMatchObject({ Accepted: `False NoMatchingParent: ${message}` });
  });

  test("by a GRPCRoute: one of HTTP/1.1", () => {
    const parents = [{ namespace: "core", service: "udm", port: 80 }];
    expect(conditions({ kind: "GRPCRoute", parents }).Accepted).toMatch(/^False NoMatchingParent: port 80/);
  });
});

describe("a backend", () => {
  const to = (service: string, port: number) => ({
    rules: [{ ...rule, backends: [{ namespace: "core", service, port, weight: 1 }] }],
  });
  const cases: readonly (readonly [string, Partial<HttpRoute>, RegExp])[] = [
    ["that is not there", to("v9", 80), /^False BackendNotFound: rule 0: there is no port 80 of a Service v9/],
    ["that speaks another protocol", to("v1", 82), /^False UnsupportedProtocol: rule 0: .* speaks h2c, and not http1/],
    [
      "of another kind",
      { faults: [{ rule: 1, field: "spec.rules[1].backendRefs[0].kind", reason: "must be Service" }] },
      /^False InvalidKind: spec.rules\[1\].backendRefs\[0\].kind must be Service/,
    ],
  ];
  test.each(cases)("%s leaves references unresolved", (_, parts, expected) => {
    expect(conditions(parts).ResolvedRefs).toMatch(expected);
  });
});
