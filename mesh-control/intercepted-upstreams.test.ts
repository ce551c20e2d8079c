import { describe, expect, test } from "vitest";
import { interceptAnnotation, type MeshSnapshot, snapshotUpstreamsMax } from "../core/model/mesh-snapshot.ts";
import { type Service, serviceOf } from "../core/model/service.ts";
import { parseMeshSnapshot } from "../platform/schema/mesh-snapshot-schema.ts";
import {
  chain,
  type MeshObjects,
  meshCluster,
  meshNode,
  meshPod,
  path,
  serviceFunction,
} from "../test/builders/mesh-cluster.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { indexMesh } from "./mesh-index.ts";

const nodes = [meshNode("n1", "z1")];
const intercepting = (name: string, upstreams = "") => {
  const pod = meshPod(name, "n1", upstreams);
  return { ...pod, annotations: { ...pod.annotations, [interceptAnnotation]: "enabled" } };
};
const dn = meshPod("dn-0", "n1");

describe("a pod whose connections are intercepted", () => {
  test("is told of every TCP port of Services with pods in the mesh, and where they are", () => {
    const ports = [{ port: 80, targetPort: 8080, appProtocol: "http" }, { port: 25 }, { port: 53, protocol: "UDP" }];
    const services = [service("dn", { clusterIPs: ["10.96.0.7", "fd00::7"], ports })];
    const { upstreams } = contentOf({ pods: [intercepting("ue-0"), dn], services });
    const addresses = ["10.96.0.7", "fd00::7"];
    expect(upstreams).toMatchObject([
      { service: "dn", port: 80, protocol: "http1", addresses, endpoints: [{ pod: "core/dn-0", appPort: 8080 }] },
      { service: "dn", port: 25, protocol: "tcp", addresses, isUndeclared: true },
    ]);
    expect(upstreams).toHaveLength(2);
    for (const upstream of upstreams) expect(upstream).not.toHaveProperty("listenPort");
    expect(upstreams[0]).not.toHaveProperty("isUndeclared");
  });

  test("has declared upstreams told where their Services are, and no second time", () => {
    const services = [service("dn", { clusterIP: "10.96.0.7" })];
    const { upstreams } = contentOf({ pods: [intercepting("ue-0", "dn=15010"), dn], services });
    expect(upstreams).toMatchObject([{ listenPort: 15_010, service: "dn", addresses: ["10.96.0.7"] }]);
  });

  test("dials a headless Service at its pods", () => {
    const services = [service("dn", { clusterIP: "None" })];
    const { upstreams } = contentOf({ pods: [intercepting("ue-0"), dn], services });
    expect(upstreams).toMatchObject([{ service: "dn", isHeadless: true }]);
    expect(upstreams[0]).not.toHaveProperty("addresses");
  });

  const unheard: readonly { name: string; services: readonly Service[] }[] = [
    { name: "without an address", services: [service("dn", {})] },
    { name: "that is only another name", services: [service("dn", { clusterIP: "" })] },
    { name: "without a pod of the mesh", services: [service("elsewhere", { clusterIP: "10.96.0.9" })] },
  ];
  test.each(unheard)("is not told of a Service $name", ({ services }) => {
    expect(contentOf({ pods: [intercepting("ue-0"), dn], services }).upstreams).toEqual([]);
  });

  test("is told of what a chain stops, so that nothing goes around it", () => {
    const { upstreams } = contentOf({
      pods: [intercepting("ue-0"), dn, meshPod("fw-0", "n1", "", { isReady: false })],
      services: [service("dn", { clusterIP: "10.96.0.7" })],
      functions: [serviceFunction("fw")],
      chains: [chain("inspect", ["fw"])],
      paths: [path("inspect", 7, [{ function: "fw", weights: ["n1>fw-0=1"] }, { weights: ["fw-0>dn-0=1"] }])],
    });
    expect(upstreams).toMatchObject([{ service: "dn", addresses: ["10.96.0.7"], endpoints: [] }]);
  });

  test("is told of its own namespace's Services first, and of no more than a snapshot may have", () => {
    const far = Array.from({ length: snapshotUpstreamsMax }, (_, at) =>
      service(`s${at}`, { clusterIP: "10.97.0.1", ports: [{ port: 1000 + at }] }, "another"),
    );
    const pods = [
      intercepting("ue-0"),
      dn,
      meshPod("far-0", "n1", "", { namespace: "another", labels: labelsOf("far") }),
    ];
    const services = [
      ...far.map((one) => ({ ...one, selector: { app: "far" } })),
      service("dn", { clusterIP: "10.96.0.7" }),
    ];
    const { content, problems } = built({ pods, services });
    expect(content.upstreams).toHaveLength(snapshotUpstreamsMax);
    expect(content.upstreams[0]).toMatchObject({ namespace: "core", service: "dn" });
    expect(problems).toEqual([expect.stringMatching(/^intercept: 1 ports of Services are left out: at most 1000/)]);
  });

  test("gets a snapshot that its proxy takes", () => {
    const services = [service("dn", { clusterIP: "10.96.0.7" }), service("pods", { clusterIP: "None" })];
    const content = contentOf({ pods: [intercepting("ue-0"), dn], services });
    const snapshot: MeshSnapshot = { version: 1, ...content };
    expect(parseMeshSnapshot(JSON.parse(JSON.stringify(snapshot)))).toEqual({ kind: "parsed", value: snapshot });
  });
});

test("a pod without the annotation is told where no Service is", () => {
  const services = [service("dn", { clusterIP: "10.96.0.7" })];
  const { upstreams } = contentOf({ pods: [meshPod("ue-0", "n1", "dn=15010"), dn], services });
  expect(upstreams).toHaveLength(1);
  expect(upstreams[0]).not.toHaveProperty("addresses");
});

function labelsOf(app: string) {
  return { app, "weft.dev/mesh": "enabled" };
}

type ServiceSpec = NonNullable<Parameters<typeof serviceOf>[0]["spec"]>;

function service(name: string, spec: ServiceSpec, namespace = "core"): Service {
  return serviceOf({
    metadata: { namespace, name },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  });
}

function built(objects: MeshObjects) {
  const answer = buildSnapshot(indexMesh(meshCluster({ nodes, ...objects })), "core/ue-0");
  if (answer.kind === "outside") throw new Error(answer.reason);
  return answer;
}

function contentOf(objects: MeshObjects) {
  const { content, problems } = built(objects);
  expect(problems.filter((problem) => problem.startsWith("intercept"))).toEqual([]);
  return content;
}
