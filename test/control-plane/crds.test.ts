import { ApiException, ApiextensionsV1Api, CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import { parseMeshPolicy } from "../../platform/schema/mesh-policy.ts";
import { placementPlanSpecObject } from "../../platform/schema/placement-plan.ts";
import { planStatusObject } from "../../platform/schema/placement-plan-status.ts";
import { parseServiceFunctionChain } from "../../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "../../platform/schema/service-function-path.ts";
import { badChains } from "../builders/bad-chains.ts";
import { chainManifest, everyKey } from "../builders/chain-manifest.ts";
import { anyPlanStatus, newPlan } from "../builders/placement-plan.ts";
import { clusterConfig, ensureNamespace } from "./cluster-client.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { installCrds } from "./install-crds.ts";

const group = "weft.dev";
const version = "v1alpha1";
const namespace = "edge";
const chains = { group, version, namespace, plural: "servicefunctionchains" };
const plans = { group, version, namespace, plural: "placementplans" };
const policies = { group, version, namespace, plural: "meshpolicies" };
const paths = { group, version, namespace, plural: "servicefunctionpaths" };

const path: ServiceFunctionPath = {
  namespace,
  name: "inspect-1",
  chain: "inspect",
  chainGeneration: 1,
  spi: 1,
  isActive: false,
  isSymmetric: false,
  hops: [
    { serviceIndex: 1, function: "dpi", weights: [{ from: "node-1", to: "dpi-1", weight: 10_000 }] },
    { serviceIndex: 0, function: undefined, weights: [{ from: "dpi-1", to: "dn-1", weight: 10_000 }] },
  ],
  prediction: { maxUtilisation: 0.5, lowerBound: 0.49, demandBytesPerSecond: 1e6 },
};

describeWithControlPlane("the custom resources on an API server", (connection) => {
  let objects: CustomObjectsApi;

  beforeAll(async () => {
    const config = clusterConfig(connection);
    objects = config.makeApiClient(CustomObjectsApi);
    await installCrds(connection);
    await ensureNamespace(config.makeApiClient(CoreV1Api), namespace);
  });

  afterAll(async () => {
    await objects.deleteCollectionNamespacedCustomObject(chains);
    await objects.deleteCollectionNamespacedCustomObject(paths);
    await objects.deleteCollectionNamespacedCustomObject(plans);
    await objects.deleteCollectionNamespacedCustomObject(policies);
  });

  it("are established as structural schemas", async () => {
    const api = clusterConfig(connection).makeApiClient(ApiextensionsV1Api);
    const { items } = await api.listCustomResourceDefinition();
    const own = items.filter(({ spec }) => spec.group === group);
    expect(own.map(({ spec }) => spec.names.kind)).toEqual([
      "MeshPolicy",
      "PlacementPlan",
      "ServiceFunctionChain",
      "ServiceFunctionPath",
      "ServiceFunction",
      "TrafficProfile",
    ]);
    const conditions = own.flatMap(({ status }) => status?.conditions ?? []);
    expect(conditions.filter(({ type, status }) => type === "Established" && status === "True")).toHaveLength(6);
    expect(conditions.filter(({ type }) => type === "NonStructuralSchema")).toEqual([]);
  });

  it("give a chain back with defaults that our parser reads the same", async () => {
    const demand = { bytesPerSecond: "12.5M" };
    const created = await objects.createNamespacedCustomObject({ ...chains, body: chainManifest({ demand }) });
    expect(created).toMatchObject({ spec: { symmetric: false, priority: 0, demand } });
    expect(parseServiceFunctionChain(created)).toMatchObject({
      kind: "parsed",
      value: { namespace, name: "inspect", generation: 1, demandBytesPerSecond: 12_500_000 },
    });
  });

  it("take a classifier with every key, and give it back as our parser reads it", async () => {
    const name = "every-key";
    const created = await objects.createNamespacedCustomObject({ ...chains, body: chainManifest(everyKey, name) });
    expect(parseServiceFunctionChain(created)).toEqual(
      parseServiceFunctionChain({ ...chainManifest(everyKey, name), metadata: metadataOf(created) }),
    );
    expect(created).toMatchObject({ spec: { classifier: { http: { supis: [{ type: "Exact" }, {}, {}] } } } });
  });

  it("take a policy that our parser reads the same, and none that says nothing or names a port twice", async () => {
    const spec = {
      selector: { matchLabels: { app: "udm" } },
      mtls: { mode: "Strict", ports: [{ port: 8080, mode: "Permissive" }] },
      authorization: [
        {
          action: "Allow",
          from: [{ identities: ["spiffe://cluster.local/ns/core/*"], namespaces: ["core"] }],
          to: [{ ports: [8080], methods: ["GET"], paths: ["/nudm*"], hosts: ["*.example.org"] }],
        },
      ],
    };
    const body = (name: string, ofSpec: object) => ({
      apiVersion: `${group}/${version}`,
      kind: "MeshPolicy",
      metadata: { namespace, name },
      spec: ofSpec,
    });
    const created = await objects.createNamespacedCustomObject({ ...policies, body: body("udm", spec) });
    expect(parseMeshPolicy(created)).toEqual(parseMeshPolicy(body("udm", spec)));
    const twice = { mtls: { ports: [1, 1].map((port) => ({ port, mode: "Off" })) } };
    const badPath = { authorization: [{ action: "Deny", to: [{ paths: ["/a*b"] }] }] };
    for (const bad of [{}, twice, badPath])
      await expect(objects.createNamespacedCustomObject({ ...policies, body: body("bad", bad) })).rejects.toThrow();
  });

  describe("reject a chain, naming the field:", () => {
    it.each(badChains)("$name", async ({ object, field }) => {
      const body = { ...object, metadata: { namespace, name: "bad" } };
      expect(
        await refusalOf(objects.createNamespacedCustomObject({ ...chains, body, fieldValidation: "Strict" })),
      ).toContain(field);
    });
  });

  it("let a path change its activity and nothing else", async () => {
    const created = await objects.createNamespacedCustomObject({ ...paths, body: serviceFunctionPathObject(path) });
    expect(parseServiceFunctionPath(created)).toEqual({ kind: "parsed", value: path });
    const name = path.name;
    const patch = (spec: unknown) =>
      objects.patchNamespacedCustomObject({ ...paths, name, body: [{ op: "replace", ...toPatch(spec) }] });
    const activated = await patch({ active: true });
    expect(parseServiceFunctionPath(activated)).toMatchObject({ value: { isActive: true } });
    for (const spec of [
      { spi: 2 },
      { chain: "other" },
      { symmetric: true },
      { chainGeneration: 2 },
      { hops: [path.hops[1]] },
    ])
      expect(await refusalOf(patch(spec))).toContain("never edited but for active");
  });

  it("let a plan be approved, and nothing else of it be changed", async () => {
    const head = { apiVersion: `${group}/${version}`, kind: "PlacementPlan", metadata: { name: "plan-1" } };
    const spec = placementPlanSpecObject(newPlan());
    await objects.createNamespacedCustomObject({ ...plans, body: { ...head, spec } });
    const patch = (change: unknown) =>
      objects.patchNamespacedCustomObject({ ...plans, name: "plan-1", body: [{ op: "replace", ...toPatch(change) }] });
    expect(await patch({ approved: true })).toMatchObject({ spec: { approved: true }, metadata: { generation: 2 } });
    const [move] = spec.moves;
    for (const change of [{ gain: 1 }, { gainShare: 1 }, { costBefore: 1 }, { costAfter: 1 }, { flowsAgeMs: 1 }])
      expect(await refusalOf(patch(change))).toContain("never edited but for approved");
    expect(await refusalOf(patch({ moves: [{ ...move, to: "c" }] }))).toContain("never edited but for approved");
    expect(await patch({ approved: false })).toMatchObject({ spec: { approved: false } });
  });

  it("refuse a plan whose status does not say what its state needs", async () => {
    const body = [{ op: "add", path: "/status", value: { ...planStatusObject(anyPlanStatus("Running")) } }];
    await objects.patchNamespacedCustomObjectStatus({ ...plans, name: "plan-1", body });
    for (const [move, field] of brokenMoves) {
      const broken = [{ op: "replace", path: "/status/moves", value: [move] }];
      const refusal = await refusalOf(
        objects.patchNamespacedCustomObjectStatus({ ...plans, name: "plan-1", body: broken }),
      );
      expect(refusal).toContain(field);
    }
  });

  it("keep an SPI within 24 bits", async () => {
    for (const spi of [0, 2 ** 24]) {
      const body = serviceFunctionPathObject({ ...path, name: `spi-${spi}`, spi });
      expect(await refusalOf(objects.createNamespacedCustomObject({ ...paths, body }))).toContain("spec.spi");
    }
  });

  it("keep the status apart from the spec", async () => {
    const body = [{ op: "add", path: "/status", value: { spi: 7, observedGeneration: 1 } }];
    const name = "inspect";
    await objects.patchNamespacedCustomObject({ ...chains, name, body });
    expect(await objects.getNamespacedCustomObject({ ...chains, name })).not.toHaveProperty("status.spi");
    await objects.patchNamespacedCustomObjectStatus({ ...chains, name, body });
    expect(await objects.getNamespacedCustomObject({ ...chains, name })).toHaveProperty("status.spi", 7);
  });
});

function metadataOf(object: unknown): unknown {
  return (object as { metadata: unknown }).metadata;
}

const chosen = { pod: "amf-1", podUid: "u" };
const brokenMoves: readonly (readonly [move: object, field: string])[] = [
  [{ state: "Evicting", since: "2030-01-01T00:00:00Z" }, "podUid"],
  [{ state: "Replacing", ...chosen }, "evictedAt"],
  [{ state: "Moved", ...chosen, evictedAt: "2030-01-01T00:00:00Z" }, "replacement"],
  [{ state: "Moving", ...chosen }, "state"],
];

function toPatch(spec: unknown): { path: string; value: unknown } {
  const [[key, value] = []] = Object.entries(spec ?? {});
  return { path: `/spec/${key}`, value };
}

/** What the API server says in refusing; fails when it does not refuse. */
async function refusalOf(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ApiException) return String(error.body);
    throw error;
  }
  throw new Error("the API server accepted the object");
}
