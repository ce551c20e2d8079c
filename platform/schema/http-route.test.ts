import { describe, expect, test } from "vitest";
import { parseHttpRoute } from "./http-route.ts";

function routeOf(spec: object, metadata: object = {}) {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "canary", namespace: "core", creationTimestamp: "2030-01-01T00:00:00Z", uid: "1", ...metadata },
    spec,
    status: { parents: [] },
  };
}

const parentRefs = [{ group: "", kind: "Service", name: "udm", port: 80 }];

test("a route says of which Services it takes which requests, and to whom they go", () => {
  const spec = {
    parentRefs,
    hostnames: ["udm.core"],
    rules: [
      {
        matches: [
          {
            path: { type: "PathPrefix", value: "/nudm-sdm" },
            method: "GET",
            headers: [{ name: "X-Canary", value: "1" }],
          },
          { path: { type: "Exact", value: "/health" } },
        ],
        backendRefs: [
          { name: "udm-v1", port: 80, weight: 9 },
          { kind: "Service", name: "udm-v2", namespace: "next", port: 8080 },
        ],
      },
    ],
  };
  expect(parseHttpRoute(routeOf(spec))).toEqual({
    kind: "parsed",
    value: {
      namespace: "core",
      name: "canary",
      createdAt: "2030-01-01T00:00:00Z",
      parents: [{ namespace: "core", service: "udm", port: 80 }],
      rules: [
        {
          matches: [
            {
              hosts: ["udm.core"],
              paths: [{ type: "Prefix", value: "/nudm-sdm" }],
              methods: ["GET"],
              headers: [{ name: "x-canary", value: "1" }],
            },
            { hosts: ["udm.core"], paths: [{ type: "Exact", value: "/health" }] },
          ],
          backends: [
            { namespace: "core", service: "udm-v1", port: 80, weight: 9 },
            { namespace: "next", service: "udm-v2", port: 8080, weight: 1 },
          ],
        },
      ],
    },
  });
});

test("as the API server fills it in, a rule takes every request", () => {
  const matches = [{ path: { type: "PathPrefix", value: "/" } }];
  const parsed = parseHttpRoute(routeOf({ parentRefs, rules: [{ matches, backendRefs: [] }, {}] }));
  expect(parsed).toMatchObject({ value: { rules: [{ matches: [{}] }, { matches: [{}] }] } });
});

test("a route of a gateway takes nothing from a Service", () => {
  const gateway = { name: "edge", sectionName: "https" };
  expect(parseHttpRoute(routeOf({ parentRefs: [gateway], rules: [] }))).toMatchObject({ value: { parents: [] } });
});

describe("what is not carried out is refused by name", () => {
  const wrong = [
    {
      name: "filters",
      rule: { filters: [{ type: "URLRewrite" }] },
      field: "spec.rules[0].filters",
      reason: /^is not carried out/,
    },
    {
      name: "timeouts",
      rule: { timeouts: { request: "1s" } },
      field: "spec.rules[0].timeouts",
      reason: /^is not carried out/,
    },
    {
      name: "a regular expression",
      rule: { matches: [{ path: { type: "RegularExpression", value: "/.*" } }] },
      field: "spec.rules[0].matches[0].path.type",
      reason: /regular expressions are not carried out/,
    },
    {
      name: "a query parameter",
      rule: { matches: [{ queryParams: [{ name: "a", value: "b" }] }] },
      field: "spec.rules[0].matches[0].queryParams",
      reason: /^is not carried out/,
    },
    {
      name: "a backend that is no Service",
      rule: { backendRefs: [{ group: "net.example", kind: "Bucket", name: "b", port: 80 }] },
      field: "spec.rules[0].backendRefs[0].group",
      reason: /only Services/,
    },
    {
      name: "a weight below 0",
      rule: { backendRefs: [{ name: "b", port: 80, weight: -1 }] },
      field: "spec.rules[0].backendRefs[0].weight",
      reason: />=\s?0|at least 0|Too small/,
    },
  ];
  test.each(wrong)("$name", ({ rule, field, reason }) => {
    expect(parseHttpRoute(routeOf({ parentRefs, rules: [rule] }))).toEqual({
      kind: "rejected",
      field,
      reason: expect.stringMatching(reason),
    });
  });
});
