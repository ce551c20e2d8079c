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
      kind: "HTTPRoute",
      namespace: "core",
      name: "canary",
      generation: 0,
      createdAt: "2030-01-01T00:00:00Z",
      parents: [{ namespace: "core", service: "udm", port: 80 }],
      rules: [
        {
          index: 0,
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

test.each([
  [{}, { carrier: "cookie", name: "weft-session" }],
  [
    { sessionName: "Udm", absoluteTimeout: "1h", cookieConfig: { lifetimeType: "Permanent" } },
    { carrier: "cookie", name: "Udm", absoluteMs: 3_600_000, isPermanent: true },
  ],
  [
    { sessionName: "X-Session", type: "Header", idleTimeout: "10m" },
    { carrier: "header", name: "x-session", idleMs: 600_000 },
  ],
])("a rule keeps sessions: %j", (sessionPersistence, session) => {
  expect(parseHttpRoute(routeOf({ parentRefs, rules: [{ sessionPersistence }] }))).toMatchObject({
    value: { rules: [{ session }] },
  });
});

test("a route says after how long slow requests go to a second endpoint", () => {
  const annotations = { "weft.dev/hedge-after": "50ms" };
  expect(parseHttpRoute(routeOf({ parentRefs, rules: [{}] }, { annotations }))).toMatchObject({
    value: { hedge: { afterMs: 50 } },
  });
});

test("a route of a gateway takes nothing from a Service", () => {
  const gateway = { name: "edge", sectionName: "https" };
  expect(parseHttpRoute(routeOf({ parentRefs: [gateway], rules: [] }))).toMatchObject({ value: { parents: [] } });
});

describe("what is not carried out is left out, and named", () => {
  const header = (name: string, value = "1") => ({ set: [{ name, value }] });
  const request = (modifier: object) => ({
    filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: modifier }],
  });
  const prefixed = { type: "ReplacePrefixMatch", replacePrefixMatch: "/b" };
  const redirect = { type: "RequestRedirect", requestRedirect: {} };
  const wrong = [
    {
      name: "a filter of another kind",
      rule: { filters: [{ type: "CORS" }] },
      field: "spec.rules[0].filters[0].type",
      reason: /^is not carried out/,
    },
    {
      name: "a filter without what it is to do",
      rule: { filters: [{ type: "URLRewrite" }] },
      field: "spec.rules[0].filters[0].urlRewrite",
      reason: /expected object/,
    },
    {
      name: "a permanent cookie that never ends",
      rule: { sessionPersistence: { cookieConfig: { lifetimeType: "Permanent" } } },
      field: "spec.rules[0].sessionPersistence.absoluteTimeout",
      reason: /^must be given/,
    },
    {
      name: "a cookie's lifetime of a session by header",
      rule: { sessionPersistence: { type: "Header", cookieConfig: {} } },
      field: "spec.rules[0].sessionPersistence.cookieConfig",
      reason: /^is for sessions by cookie/,
    },
    {
      name: "a session in a header that has a meaning",
      rule: { sessionPersistence: { type: "Header", sessionName: "Set-Cookie" } },
      field: "spec.rules[0].sessionPersistence.sessionName",
      reason: /^must not be the name/,
    },
    {
      name: "a session that is over at once",
      rule: { sessionPersistence: { idleTimeout: "10ms" } },
      field: "spec.rules[0].sessionPersistence.idleTimeout",
      reason: /^must be at least 1s/,
    },
    {
      name: "a header that frames messages",
      rule: request(header("Transfer-Encoding", "chunked")),
      field: "spec.rules[0].filters[0].requestHeaderModifier.set[0].name",
      reason: /^must not be changed/,
    },
    {
      name: "Host as a header",
      rule: request({ remove: ["host"] }),
      field: "spec.rules[0].filters[0].requestHeaderModifier.remove[0]",
      reason: /^must not be changed/,
    },
    {
      name: "a value with a second line in it",
      rule: request(header("x-a", "1\r\ncontent-length: 3")),
      field: "spec.rules[0].filters[0].requestHeaderModifier.set[0].value",
      reason: /printable ASCII/,
    },
    {
      name: "a path with a query in it",
      rule: {
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath", replaceFullPath: "/a HTTP/1.1" } } },
        ],
      },
      field: "spec.rules[0].filters[0].urlRewrite.path.replaceFullPath",
      reason: /must begin with/,
    },
    {
      name: "a prefix that is not known",
      rule: {
        matches: [{ path: { type: "Exact", value: "/a" } }],
        filters: [{ type: "URLRewrite", urlRewrite: { path: prefixed } }],
      },
      field: "spec.rules[0].filters",
      reason: /exactly one match, by PathPrefix/,
    },
    {
      name: "a redirect and a backend",
      rule: { filters: [redirect], backendRefs: [{ name: "b", port: 80 }] },
      field: "spec.rules[0].backendRefs",
      reason: /must be empty/,
    },
    {
      name: "a redirect and a rewrite",
      rule: { filters: [redirect, { type: "URLRewrite", urlRewrite: {} }] },
      field: "spec.rules[0].filters",
      reason: /exclude each other/,
    },
    {
      name: "an attempt that takes longer than all of them",
      rule: { timeouts: { request: "1s", backendRequest: "1m" } },
      field: "spec.rules[0].timeouts.backendRequest",
      reason: /must be at most request/,
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
    expect(parseHttpRoute(routeOf({ parentRefs, rules: [rule, {}] }))).toMatchObject({
      kind: "parsed",
      value: { rules: [{ index: 1 }], faults: [{ rule: 0, field, reason: expect.stringMatching(reason) }] },
    });
  });

  test("a field of the whole route, with the route", () => {
    const parsed = parseHttpRoute(routeOf({ parentRefs, rules: [{}], useDefaultGateways: "All" }));
    expect(parsed).toMatchObject({
      value: { rules: [], faults: [{ field: "spec.useDefaultGateways", reason: "unknown field" }] },
    });
  });

  test.each([
    ["0ms", /must be above 0/],
    ["soon", /must be a duration/],
    ["25h", /must be at most 24h/],
  ])("a second endpoint after %s, with the route", (after, reason) => {
    const annotations = { "weft.dev/hedge-after": after };
    const field = "metadata.annotations[weft.dev/hedge-after]";
    expect(parseHttpRoute(routeOf({ parentRefs, rules: [{}] }, { annotations }))).toMatchObject({
      value: { rules: [], faults: [{ field, reason: expect.stringMatching(reason) }] },
    });
  });

  test("a fault that nobody can inject, with the route", () => {
    const parsed = parseHttpRoute(
      routeOf({ parentRefs, rules: [{}] }, { annotations: { "weft.dev/fault": "abort=200" } }),
    );
    expect(parsed).toMatchObject({
      value: {
        rules: [],
        faults: [{ field: "metadata.annotations[weft.dev/fault]", reason: expect.stringContaining("abort") }],
      },
    });
  });
});

test("filters, timeouts and retries are read, of a rule and of its backends", () => {
  const rule = {
    matches: [{ path: { type: "PathPrefix", value: "/v1" } }],
    filters: [
      { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "X-A", value: "1" }], remove: ["X-B"] } },
      {
        type: "URLRewrite",
        urlRewrite: { hostname: "udr.core", path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/v2" } },
      },
      {
        type: "RequestMirror",
        requestMirror: { backendRef: { name: "shadow", port: 80 }, fraction: { numerator: 1, denominator: 8 } },
      },
    ],
    backendRefs: [
      {
        name: "b",
        port: 80,
        filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier: { add: [{ name: "x-c", value: "2" }] } }],
      },
    ],
    timeouts: { request: "1m30s", backendRequest: "250ms" },
    retry: { codes: [503], attempts: 3, backoff: "10ms" },
  };
  const annotations = { "weft.dev/fault": "delay=200ms@10, abort=503@2.5" };
  expect(parseHttpRoute(routeOf({ parentRefs, rules: [rule] }, { annotations, generation: 4 }))).toMatchObject({
    value: {
      generation: 4,
      injected: { delay: { ms: 200, percent: 10 }, abort: { statusCode: 503, percent: 2.5 } },
      rules: [
        {
          changes: {
            request: { removed: ["x-a", "x-b"], added: [{ name: "X-A", value: "1" }] },
            host: "udr.core",
            path: { type: "Prefix", prefix: "/v1", value: "/v2" },
          },
          mirrors: [{ namespace: "core", service: "shadow", port: 80, percent: 12.5 }],
          backends: [{ changes: { response: { removed: [], added: [{ name: "x-c", value: "2" }] } } }],
          timeouts: { requestMs: 90_000, attemptMs: 250 },
          retry: { statusCodes: [503], retriesMax: 3, backoffMs: 10 },
        },
      ],
    },
  });
});

test("a redirect says of what it changes, and that it is 302", () => {
  const filters = [{ type: "RequestRedirect", requestRedirect: { scheme: "https", port: 8443 } }];
  expect(parseHttpRoute(routeOf({ parentRefs, rules: [{ filters }] }))).toMatchObject({
    value: { rules: [{ redirect: { statusCode: 302, scheme: "https", port: 8443 } }] },
  });
});
