import { expect, test } from "vitest";
import { parseTrafficProfile, trafficProfileObject } from "./traffic-profile.ts";

const profile = {
  namespace: "core",
  flows: [
    {
      source: "amf",
      destinationNamespace: "data",
      destination: "udr",
      requestBytesPerSecond: 1000,
      responseBytesPerSecond: 200,
      lastAtMs: Date.UTC(2030, 0, 1, 12),
    },
  ],
};

test("a profile that was written is read back the same", () => {
  expect(parseTrafficProfile(trafficProfileObject(profile))).toEqual({ kind: "parsed", value: profile });
});

test("images are kept where they are known", () => {
  const [first] = profile.flows;
  const withImages = { ...profile, flows: [{ ...first, sourceImage: "r/amf:1", destinationImage: "r/udr@sha256:0" }] };
  expect(parseTrafficProfile(trafficProfileObject(withImages as never))).toEqual({ kind: "parsed", value: withImages });
});

const [flow] = (trafficProfileObject(profile).spec as { flows: readonly object[] }).flows;
const bad = [
  { name: "a time that is none", change: { lastSeen: "yesterday" }, field: "spec.flows[0].lastSeen" },
  { name: "a negative rate", change: { requestBytesPerSecond: -1 }, field: "spec.flows[0].requestBytesPerSecond" },
  { name: "a field of a newer version", change: { packetsPerSecond: 1 }, field: "spec.flows[0].packetsPerSecond" },
  { name: "an image without a name", change: { sourceImage: "" }, field: "spec.flows[0].sourceImage" },
  { name: "no workload's name", change: { destination: "UDR" }, field: "spec.flows[0].destination" },
];

test.each(bad)("$name is refused by its field", ({ change, field }) => {
  const object = { ...trafficProfileObject(profile), spec: { flows: [{ ...flow, ...change }] } };
  expect(parseTrafficProfile(object)).toMatchObject({ kind: "rejected", field });
});

test("rates are written whole", () => {
  const [first] = profile.flows;
  const written = trafficProfileObject({ ...profile, flows: [{ ...first, requestBytesPerSecond: 1.6 } as never] });
  expect(written.spec).toMatchObject({ flows: [{ requestBytesPerSecond: 2 }] });
});
