import { expect, test } from "vitest";
import { trafficLabels } from "../meter/traffic-labels.ts";
import type { Observed } from "./observation.ts";
import { matchesTap, type TapFilter } from "./tap-filter.ts";

const pod = (name: string) => ({ pod: `core/${name}-0`, address: "", workload: name, node: "n1", app: name });

function observed(fields: Partial<Observed> = {}): Observed {
  const traffic = {
    reporter: "source",
    source: pod("amf"),
    destination: pod("udm"),
    service: { namespace: "core", service: "nudm" },
    path: { chain: "n6", spi: 7, serviceIndex: 2 },
  } as const;
  const labels = trafficLabels(traffic, "http");
  const text = { method: "GET", path: "/nudm-sdm/v2?x=1", authority: "UDM.example:8080", userAgent: "" };
  const facts = { side: "source", client: { address: "10.0.0.1", port: 4000 }, labels: () => labels } as const;
  const observation = {
    ...({ protocol: "HTTP/1.1", facts, startMs: 0, text, traceId: undefined, span: undefined } as const),
    ...({ isLogged: false, sequence: 1, policy: undefined, details: "", flag: "" } as const),
  };
  return {
    ...{ observation, labels, statusCode: 404, grpcStatus: -1, durationMs: 1, requestBytes: 1, responseBytes: 1 },
    ...fields,
  };
}

const holding: readonly TapFilter[] = [
  {},
  { method: "GET", path: "/nudm-sdm/", host: "udm.example", status: "404", chain: "n6" },
  { status: "4xx" },
  { source: "10.0.0.1" },
  { source: "amf" },
  { source: "core/amf-0" },
  { destination: "udm-0" },
  { destination: "core/nudm" },
];
test.each(holding)("%j holds", (filter) => expect(matchesTap(filter, observed())).toBe(true));

const failing: readonly TapFilter[] = [
  { method: "POST" },
  { path: "/other" },
  { host: "example" },
  { status: "5xx" },
  { status: "400" },
  { source: "udm" },
  { destination: "edge/nudm" },
  { chain: "n3" },
  { method: "GET", chain: "n3" },
];
test.each(failing)("%j does not hold", (filter) => expect(matchesTap(filter, observed())).toBe(false));

test("what is about requests holds of no connection", () => {
  const { observation, ...rest } = observed({ statusCode: 0 });
  const connection = { ...rest, observation: { ...observation, text: undefined } };
  expect(matchesTap({ source: "amf" }, connection)).toBe(true);
  for (const filter of [{ path: "/" }, { method: "GET" }, { host: "udm.example" }, { status: "4xx" }])
    expect(matchesTap(filter, connection)).toBe(false);
});
