import type { V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { withTrafficAffinity } from "./traffic-affinity.ts";

const flow = (source: string, destination: string, bytesPerSecond: number) => ({
  ...{ source, destination, destinationNamespace: "core", lastAtMs: 0 },
  ...{ requestBytesPerSecond: bytesPerSecond, responseBytesPerSecond: 0 },
});
const flows = { namespace: "core", flows: [flow("upf", "dn", 1000), flow("amf", "smf", 500), flow("nrf", "amf", 1)] };

const weightsOf = ({ spec }: V1Pod) =>
  spec?.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.map(({ weight, podAffinityTerm }) => [
    podAffinityTerm.labelSelector?.matchLabels?.app,
    weight,
  ]);

test("a pod prefers whom it exchanges bytes with, in either direction, by how many", () => {
  expect(weightsOf(withTrafficAffinity({ metadata: { labels: { app: "amf" } } }, flows))).toEqual([
    ["smf", 50],
    ["nrf", 1],
  ]);
});

test("the heaviest pair of all has the largest weight that Kubernetes takes, from both sides", () => {
  for (const [app, peer] of [["upf", "dn"], ["dn", "upf"]]) // biome-ignore format: a pair is one
    expect(weightsOf(withTrafficAffinity({ metadata: { labels: { app: app ?? "" } } }, flows))).toEqual([[peer, 100]]);
});
