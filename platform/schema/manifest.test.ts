import { expect, test } from "vitest";
import { chainManifest } from "../../test/builders/chain-manifest.ts";
import { parseManifest } from "./manifest.ts";

const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "node-1",
    labels: { "topology.kubernetes.io/zone": "a" },
    annotations: { "weft.dev/link-bandwidth": "80M" },
  },
  status: { allocatable: { cpu: "4", memory: "8Gi" } },
};

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "core", name: "nrf" },
  spec: {
    selector: { app: "nrf" },
    ports: [{ name: "sbi", port: 80, targetPort: 8000, appProtocol: "kubernetes.io/h2c" }],
  },
};

const container = {
  name: "nrf",
  image: "weft/nrf",
  args: ["--rate", "5"],
  env: [{ name: "LOG", value: "debug" }],
  ports: [{ containerPort: 8000 }],
  resources: { requests: { cpu: "250m" } },
};

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "core", name: "nrf" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "nrf" } },
    template: {
      metadata: {
        labels: { app: "nrf", "weft.dev/mesh": "enabled" },
        annotations: { "weft.dev/upstreams": "udm=15010" },
      },
      spec: { containers: [container] },
    },
  },
};

test("a node's zone, resources and link are read", () => {
  expect(parsed(node)).toMatchObject({
    kind: "Node",
    node: {
      place: { node: "node-1", zone: "a" },
      allocatable: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30 },
      linkBytesPerSecond: 10e6,
    },
  });
});

test("a service's ports are read with their protocol", () => {
  expect(parsed(service)).toMatchObject({
    service: { namespace: "core", ports: [{ name: "sbi", port: 80, targetPort: 8000, protocol: "h2c" }] },
  });
});

test("a deployment's pod template is read", () => {
  expect(parsed(deployment)).toMatchObject({
    deployment: {
      replicas: 2,
      annotations: { "weft.dev/upstreams": "udm=15010" },
      containers: [
        { args: ["--rate", "5"], env: { LOG: "debug" }, resources: { requests: { cpu: "250m" }, limits: {} } },
      ],
    },
  });
});

test("a chain is read", () => {
  expect(parsed(chainManifest())).toMatchObject({ kind: "ServiceFunctionChain", chain: { name: "inspect" } });
});

const wrong = [
  { name: "a kind that the lab does not know", object: { apiVersion: "v1", kind: "Secret" }, field: "kind" },
  { name: "a kind from the prototype", object: { apiVersion: "v1", kind: "toString" }, field: "kind" },
  { name: "no mapping", object: ["kind"], field: "" },
  { name: "an unknown field of a node", object: { ...node, spec: { taints: [] } }, field: "spec.taints" },
  {
    name: "a resource that is no quantity",
    object: { ...node, status: { allocatable: { cpu: "4 cores" } } },
    field: "status.allocatable.cpu",
  },
  {
    name: "a label with a space",
    object: { ...node, metadata: { name: "n", labels: { "a.b/c": "x y" } } },
    field: "metadata.labels[a.b/c]",
  },
  {
    name: "an unknown field of a container",
    object: withContainer({ volumeMounts: [] }),
    field: "spec.template.spec.containers[0].volumeMounts",
  },
  {
    name: "a negative request",
    object: withContainer({ resources: { requests: { cpu: "-1" } } }),
    field: "spec.template.spec.containers[0].resources.requests.cpu",
  },
  {
    name: "a selector beside its template",
    object: { ...deployment, spec: { ...deployment.spec, selector: { matchLabels: { app: "udm" } } } },
    field: "spec.selector.matchLabels",
  },
  {
    name: "a named target port",
    object: { ...service, spec: { ...service.spec, ports: [{ port: 80, targetPort: "sbi" }] } },
    field: "spec.ports[0].targetPort",
  },
  {
    name: "an unknown field of a chain's metadata",
    object: { ...chainManifest(), metadata: { name: "a", lables: {} } },
    field: "metadata.lables",
  },
  { name: "a status written by hand", object: { ...chainManifest(), status: {} }, field: "status" },
];

test.each(wrong)("$name is rejected by its path", ({ object, field }) => {
  expect(parseManifest(object)).toMatchObject({ kind: "rejected", field });
});

function parsed(object: unknown) {
  const result = parseManifest(object);
  return result.kind === "parsed" ? result.value : result;
}

function withContainer(extra: Readonly<Record<string, unknown>>) {
  const template = { ...deployment.spec.template, spec: { containers: [{ ...container, ...extra }] } };
  return { ...deployment, spec: { ...deployment.spec, template } };
}
