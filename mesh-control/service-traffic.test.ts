import { expect, test } from "vitest";
import { podOf } from "../core/model/pod.ts";
import { serviceOf } from "../core/model/service.ts";
import { rateLimitsOf, trafficOf, trafficProblems } from "./service-traffic.ts";

const labels = { app: "udm" };
const service = (
  name: string,
  annotations: Readonly<Record<string, string>>,
  ports = [{ port: 80, targetPort: 8080 }],
) => serviceOf({ metadata: { namespace: "core", name, annotations }, spec: { selector: labels, ports } });
const pod = podOf({ metadata: { namespace: "core", name: "udm-0", labels } });

test("a policy goes to clients, and what of it makes no sense is named", () => {
  const udm = service("udm", { "weft.dev/rate-limit": "requests=5", "weft.dev/slow-start": "window=yes" });
  expect(trafficOf(udm)).toEqual({ traffic: { rateLimit: { requests: 5, periodMs: 1000, burst: 5 } } });
  expect(trafficProblems(udm)).toEqual([
    expect.stringContaining(
      'Service udm.core goes without one of its annotations: metadata.annotations["weft.dev/slow-start"]',
    ),
  ]);
  expect(trafficOf(service("udm", {}))).toEqual({});
});

test("a pod's ports are limited by the Services that select it, the lowest rate first", () => {
  const services = [
    service("udm", { "weft.dev/server-rate-limit": "requests=5" }),
    service("udm-slow", { "weft.dev/server-rate-limit": "requests=60, unit=Minute" }),
    service("udm-http", { "weft.dev/server-rate-limit": "requests=9" }, [
      { port: 81, targetPort: 8081, ...{ appProtocol: "http" } },
    ]),
    serviceOf({
      metadata: { namespace: "edge", name: "other", annotations: { "weft.dev/server-rate-limit": "requests=1" } },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    }),
  ];
  expect(rateLimitsOf(services, pod)).toEqual([
    { port: 8080, isHttp1: false, requests: 60, periodMs: 60_000, burst: 60 },
    { port: 8081, isHttp1: true, requests: 9, periodMs: 1000, burst: 9 },
  ]);
});
