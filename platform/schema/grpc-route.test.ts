import { describe, expect, test } from "vitest";
import { parseGrpcRoute } from "./grpc-route.ts";

function routeOf(rules: readonly object[]) {
  const parentRefs = [{ group: "", kind: "Service", name: "greeter", port: 50_051 }];
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GRPCRoute",
    metadata: { name: "greeter", namespace: "core", generation: 3 },
    spec: { parentRefs, hostnames: ["greeter.core"], rules },
  };
}

test("methods are paths, and a service is all paths below it", () => {
  const matches = [
    { method: { service: "pkg.Greeter", method: "SayHello" }, headers: [{ name: "X-Kind", value: "1" }] },
    { method: { service: "pkg.Greeter" } },
    {},
  ];
  const filters = [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x-a", value: "1" }] } }];
  const backendRefs = [{ name: "greeter-v2", port: 50_051, weight: 3 }];
  expect(parseGrpcRoute(routeOf([{ matches, filters, backendRefs }]))).toMatchObject({
    value: {
      kind: "GRPCRoute",
      generation: 3,
      rules: [
        {
          matches: [
            {
              hosts: ["greeter.core"],
              paths: [{ type: "Exact", value: "/pkg.Greeter/SayHello" }],
              headers: [{ name: "x-kind", value: "1" }],
            },
            { hosts: ["greeter.core"], paths: [{ type: "Prefix", value: "/pkg.Greeter" }] },
            { hosts: ["greeter.core"] },
          ],
          changes: { request: { removed: ["x-a"], added: [{ name: "x-a", value: "1" }] } },
          backends: [{ namespace: "core", service: "greeter-v2", port: 50_051, weight: 3 }],
        },
      ],
    },
  });
});

describe("what is not carried out is left out, and named", () => {
  test.each([
    [{ matches: [{ method: { method: "SayHello" } }] }, "matches[0].method.service"],
    [{ matches: [{ method: { type: "RegularExpression", service: "a" } }] }, "matches[0].method.type"],
    [{ matches: [{ method: { service: "a/b" } }] }, "matches[0].method.service"],
    [{ filters: [{ type: "URLRewrite", urlRewrite: {} }] }, "filters[0].type"],
    [{ sessionPersistence: { sessionName: "a b" } }, "sessionPersistence.sessionName"],
  ])("%j", (rule, field) => {
    expect(parseGrpcRoute(routeOf([rule]))).toMatchObject({
      value: { rules: [], faults: [{ rule: 0, field: `spec.rules[0].${field}` }] },
    });
  });
});
