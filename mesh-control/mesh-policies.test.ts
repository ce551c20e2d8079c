import { expect, test } from "vitest";
import { type MeshPolicy, mtlsAnnotation } from "../core/model/mesh-policy.ts";
import type { MtlsMode } from "../core/model/mesh-snapshot.ts";
import { meshCluster, meshNode, meshPod, meshService } from "../test/builders/mesh-cluster.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { indexMesh } from "./mesh-index.ts";

function policy(name: string, fields: Partial<MeshPolicy> = {}): MeshPolicy {
  return { namespace: "core", name, selector: {}, mode: undefined, ports: [], rules: [], ...fields };
}

const udm = { app: "udm" };
const annotations = { [mtlsAnnotation]: "enabled" };

function snapshotOf(policies: readonly MeshPolicy[]) {
  const pod = meshPod("udm-0", "n1", "", { annotations, serviceAccount: "udm" });
  const services = [
    meshService("udm", [
      { port: 80, targetPort: 8080, appProtocol: "http" },
      { port: 81, targetPort: 8081, appProtocol: "kubernetes.io/h2c" },
      { port: 82, targetPort: 8082, appProtocol: "http" },
    ]),
    { ...meshService("other", [{ port: 1, targetPort: 8082, appProtocol: "tcp" }]), selector: udm },
  ];
  const built = buildSnapshot(
    indexMesh(meshCluster({ nodes: [meshNode("n1", "a")], pods: [pod], services, policies })),
    "core/udm-0",
  );
  if (built.kind !== "built") throw new Error(built.reason);
  return built.content;
}

test("a pod without policies has no access of its own, and its peers know its identity", () => {
  const { access, peers } = snapshotOf([
    policy("elsewhere", { namespace: "edge" }),
    policy("amf", { selector: { app: "amf" } }),
  ]);
  expect(access).toBeUndefined();
  expect(peers).toMatchObject([{ identity: "spiffe://cluster.local/ns/core/sa/udm" }]);
});

test.each<{ name: string; policies: readonly MeshPolicy[]; mode?: MtlsMode; ports?: Record<number, MtlsMode> }>([
  { name: "the namespace's mode", policies: [policy("a", { mode: "Strict" })], mode: "Strict" },
  {
    name: "the selected pods' mode before the namespace's, its ports included",
    policies: [
      policy("a", { mode: "Strict", ports: [{ port: 1, mode: "Off" }] }),
      policy("b", { selector: udm, mode: "Permissive" }),
    ],
    mode: "Permissive",
  },
  {
    name: "the strictest of several",
    policies: [policy("a", { mode: "Off" }), policy("b", { mode: "Strict" }), policy("c", { mode: "Permissive" })],
    mode: "Strict",
  },
  {
    name: "the namespace's mode beside the selected pods' ports",
    policies: [policy("a", { mode: "Strict" }), policy("b", { selector: udm, ports: [{ port: 2, mode: "Off" }] })],
    mode: "Strict",
    ports: { 2: "Off" },
  },
])("in force is $name", ({ policies, mode, ports = {} }) => {
  const { access } = snapshotOf(policies);
  expect(access?.mtls?.mode).toBe(mode);
  expect(Object.fromEntries(access?.mtls?.ports.map((one) => [one.port, one.mode]) ?? [])).toEqual(ports);
});

test.each([
  { name: "no port", fields: { mode: "Off" }, peer: {} },
  { name: "a port", fields: { ports: [{ port: 8080, mode: "Off" }] }, peer: { plainPorts: [8080] } },
  {
    name: "all ports but one",
    fields: { mode: "Off", ports: [{ port: 8080, mode: "Strict" }] },
    peer: { tlsPorts: [8080] },
  },
] as const)("peers are told where TLS is off: $name", ({ fields, peer }) => {
  const [own] = snapshotOf([policy("a", fields)]).peers;
  const { identity, plainPorts, tlsPorts } = own ?? {};
  expect({ plainPorts, tlsPorts }).toEqual({ plainPorts: undefined, tlsPorts: undefined, ...peer });
  expect(identity === undefined).toBe(Object.keys(peer).length === 0);
});

test("the rules of all policies of a pod add up, with their policy's name, and the ports that surely speak HTTP/1.1", () => {
  const rule = { name: "0", action: "Allow", from: [], to: [] } as const;
  const { access } = snapshotOf([policy("b", { rules: [rule] }), policy("a", { selector: udm, rules: [rule, rule] })]);
  expect(access?.rules.map(({ policy: name }) => name)).toEqual(["core/a", "core/a", "core/b"]);
  expect(access?.http1Ports).toEqual([8080]);
});
