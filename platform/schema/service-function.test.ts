import { expect, test } from "vitest";
import { parseServiceFunction, serviceFunctionObject } from "./service-function.ts";

test("a function needs a selector and a port; the rest has defaults", () => {
  expect(parseServiceFunction(functionObject({}))).toEqual({
    kind: "parsed",
    value: {
      namespace: "default",
      name: "dpi",
      generation: 1,
      selector: { app: "dpi" },
      port: 9000,
      protocol: "tcp",
      hasProxyProtocol: false,
      capacityBytesPerSecond: undefined,
      scaling: 1,
      processingDelayMs: 0,
      failurePolicy: "Block",
      mode: "Forward",
    },
  });
});

const wrong = [
  { name: "no port", spec: { port: undefined }, field: "spec.port" },
  { name: "an empty selector", spec: { selector: { matchLabels: {} } }, field: "spec.selector.matchLabels" },
  {
    name: "a selector by expressions",
    spec: { selector: { matchExpressions: [] } },
    field: "spec.selector.matchLabels",
  },
  { name: "a capacity below 0", spec: { capacity: { bytesPerSecond: -5 } }, field: "spec.capacity.bytesPerSecond" },
  { name: "a capacity as a bare number", spec: { capacity: 5 }, field: "spec.capacity" },
  { name: "a scaling of 0", spec: { scaling: 0 }, field: "spec.scaling" },
  { name: "an unknown failure policy", spec: { failurePolicy: "Open" }, field: "spec.failurePolicy" },
  { name: "an unknown protocol", spec: { protocol: "udp" }, field: "spec.protocol" },
  { name: "its own say and no PROXY header", spec: { reclassifies: true }, field: "spec" },
  {
    name: "its own say as a tap",
    spec: { reclassifies: true, proxyProtocol: true, mode: "Tap" },
    field: "spec",
  },
  { name: "connections of its own and no PROXY header", spec: { mode: "Terminate" }, field: "spec" },
  { name: "an unknown field", spec: { ports: [1] }, field: "spec.ports" },
];

test.each(wrong)("a function with $name is rejected", ({ spec, field }) => {
  expect(parseServiceFunction(functionObject(spec))).toMatchObject({ kind: "rejected", field });
});

test("another kind is rejected by its kind", () => {
  expect(parseServiceFunction({ ...functionObject({}), kind: "Pod" })).toMatchObject({
    kind: "rejected",
    field: "kind",
  });
});

test("what is written parses to what it was written from", () => {
  const parsed = parseServiceFunction(
    functionObject({ capacity: { bytesPerSecond: "2M" }, scaling: 0.5, processingDelayMs: 0.2, mode: "Tap" }),
  );
  const aware = parseServiceFunction(functionObject({ proxyProtocol: true, reclassifies: true }));
  expect(aware).toMatchObject({ value: { isReclassifying: true } });
  expect(aware.kind === "parsed" && parseServiceFunction(serviceFunctionObject(aware.value))).toEqual(aware);
  expect(parsed.kind === "parsed" && parseServiceFunction(serviceFunctionObject(parsed.value))).toEqual(parsed);
});

function functionObject(spec: Readonly<Record<string, unknown>>) {
  return {
    apiVersion: "weft.dev/v1alpha1",
    kind: "ServiceFunction",
    metadata: { name: "dpi" },
    spec: { selector: { matchLabels: { app: "dpi" } }, port: 9000, ...spec },
  };
}
