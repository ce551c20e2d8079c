import { expect, test } from "vitest";
import { podRequestsOf } from "./pod-requests.ts";

const request = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
const sidecar = { ...request("50m", "32Mi"), restartPolicy: "Always" };
const containers = [request("250m", "64Mi")];

const cases = [
  {
    name: "sidecars count beside containers",
    spec: { containers, initContainers: [sidecar] },
    cpu: 300,
    mebibytes: 96,
  },
  {
    name: "a plain init container counts where it asks for more, with the sidecars before it",
    spec: { containers, initContainers: [sidecar, request("1", "16Mi")] },
    cpu: 1050,
    mebibytes: 96,
  },
  {
    name: "a sidecar after a plain init container does not run beside it",
    spec: { containers, initContainers: [request("1", "16Mi"), sidecar] },
    cpu: 1000,
    mebibytes: 96,
  },
  {
    name: "what the pod asks for as a whole counts instead, and overhead besides",
    spec: { containers, resources: { requests: { cpu: "2" } }, overhead: { cpu: "100m", memory: "1Mi" } },
    cpu: 2100,
    mebibytes: 65,
  },
];

test.each(cases)("$name", ({ spec, cpu, mebibytes }) => {
  expect(podRequestsOf(spec)).toEqual({ requests: { cpuMillis: cpu, memoryBytes: mebibytes * 2 ** 20 } });
});

test("what a kubelet has given a container counts where it is more", () => {
  const spec = { containers: [{ name: "app", ...request("250m", "64Mi") }] };
  const status = { containerStatuses: [{ name: "app", allocatedResources: { cpu: "400m", memory: "16Mi" } }] };
  expect(podRequestsOf(spec, status).requests).toEqual({ cpuMillis: 400, memoryBytes: 64 * 2 ** 20 });
});

test("other resources are named, those of which none is wanted are not", () => {
  const resources = { requests: { "example.com/fpga": "2", "example.com/gpu": "0" } };
  expect(podRequestsOf({ containers: [{ resources }, { resources }] }).otherRequests).toEqual({
    "example.com/fpga": 4,
  });
});

test("thousandths of a core are whole", () => {
  for (const millis of [1, 9, 57, 1005, 1009, 4350, 16_100])
    expect(podRequestsOf({ containers: [request(`${millis}m`, "0")] }).requests.cpuMillis).toBe(millis);
});
