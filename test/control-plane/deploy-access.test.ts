import type { V1PodSpec } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { placementGate } from "../../core/model/placement-group.ts";
import { podOf } from "../../core/model/pod.ts";
import { routeController } from "../../core/model/route-status.ts";
import type { Leadership } from "../../core/ports/leadership.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { bindPod } from "../../platform/kubernetes/bind-pod.ts";
import { gatewayPath } from "../../platform/kubernetes/gateway-resources.ts";
import { createChainWriter } from "../../platform/kubernetes/kubernetes-chain-writer.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView, routedMeshKinds } from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createEventRecorder } from "../../platform/kubernetes/kubernetes-event-recorder.ts";
import { createPlanWriter } from "../../platform/kubernetes/kubernetes-plan-writer.ts";
import { createPodEvictor } from "../../platform/kubernetes/kubernetes-pod-evictor.ts";
import { createPodRelease } from "../../platform/kubernetes/kubernetes-pod-release.ts";
import { createProfileStore } from "../../platform/kubernetes/kubernetes-profile-store.ts";
import { createRouteStatusWriter } from "../../platform/kubernetes/kubernetes-route-status-writer.ts";
import { startLeaseLeadership } from "../../platform/kubernetes/lease-leadership.ts";
import { weftPath } from "../../platform/kubernetes/weft-resources.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { chainStatusObject, parseChainStatus } from "../../platform/schema/chain-status.ts";
import { parseGrpcRoute } from "../../platform/schema/grpc-route.ts";
import { parseHttpRoute } from "../../platform/schema/http-route.ts";
import { parseMeshPolicy } from "../../platform/schema/mesh-policy.ts";
import { parsePlacementPlan, placementPlanSpecObject } from "../../platform/schema/placement-plan.ts";
import { planStatusObject } from "../../platform/schema/placement-plan-status.ts";
import { parseServiceFunction } from "../../platform/schema/service-function.ts";
import { parseServiceFunctionChain, serviceFunctionChainObject } from "../../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "../../platform/schema/service-function-path.ts";
import { parseTrafficProfile, trafficProfileObject } from "../../platform/schema/traffic-profile.ts";
import { chain, path as servicePath } from "../builders/mesh-cluster.ts";
import { anyPlanStatus, newPlan } from "../builders/placement-plan.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { unrunPod } from "./cluster-objects.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { installCrds, kubectl } from "./install-crds.ts";
import { kustomized, listOf, openManifestFolder } from "./manifest-folder.ts";

const system = "weft-system";
const accessKinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const clock = createSystemClock();
const log = createLog({ level: "error", name: "test" });
const encoding = { encodePath: serviceFunctionPathObject, encodeChainStatus: chainStatusObject, parseChainStatus };
const readers = {
  serviceFunctions: parseServiceFunction,
  serviceFunctionChains: parseServiceFunctionChain,
  serviceFunctionPaths: parseServiceFunctionPath,
  placementPlans: parsePlacementPlan,
  meshPolicies: parseMeshPolicy,
  httpRoutes: parseHttpRoute,
  grpcRoutes: parseGrpcRoute,
};
/** The Gateway API's own is not part of a cluster either, and longer. */
const httpRouteCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "httproutes.gateway.networking.k8s.io",
    annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
  },
  spec: {
    group: "gateway.networking.k8s.io",
    names: { kind: "HTTPRoute", listKind: "HTTPRouteList", plural: "httproutes", singular: "httproute" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};
const httpRoute = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "canary", namespace: "default" },
  spec: {
    parentRefs: [{ group: "", kind: "Service", name: "udm", port: 80 }],
    rules: [{ backendRefs: [{ name: "udm-v2", port: 80, weight: 1 }] }],
  },
};
const planEncoding = {
  encodePlanSpec: placementPlanSpecObject,
  encodePlanStatus: planStatusObject,
  parsePlan: parsePlacementPlan,
};

describeWithControlPlane("deploy/: the access", (connection) => {
  const folder = openManifestFolder();
  const admin = (...args: string[]) => kubectl(connection, args);

  beforeAll(async () => {
    await installCrds(connection);
    await admin("apply", "--server-side", "--validate=strict", "-f", "deploy/base/namespace.yaml");
    const access = (await kustomized(connection, "deploy")).filter(({ kind }) => accessKinds.includes(kind));
    await admin("apply", "--server-side", "--validate=strict", "-f", folder.write("access.json", listOf(access)));
  });
  afterAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    await admin(
      "delete",
      "servicefunctionchains,servicefunctionpaths,trafficprofiles,placementplans",
      "--all",
      "--all-namespaces",
    );
    folder.remove();
  });

  const routeRules = ["httproutes", "grpcroutes"].flatMap((kind) => [
    `${kind}.gateway.networking.k8s.io: get list watch`,
    `${kind}/status.gateway.networking.k8s.io: update`,
  ]);
  const readsWeft = ["servicefunctions", "servicefunctionchains", "servicefunctionpaths"];
  const cases: readonly { account: string; rules: readonly string[]; inSystem?: readonly string[] }[] = [
    {
      account: "weft-control",
      rules: ["pods", "nodes", "services", "meshpolicies.weft.dev", ...readsWeft.map((kind) => `${kind}.weft.dev`)]
        .map((kind) => `${kind}: list watch`)
        .concat(routeRules),
    },
    {
      account: "weft-scheduler",
      rules: [
        "events.events.k8s.io: create",
        "nodes: list watch",
        "pods/binding: create",
        "pods/eviction: create",
        "pods: get patch",
        "pods: list watch",
        "services: list watch",
        "servicefunctionchains.weft.dev: list watch",
        "servicefunctions.weft.dev: list watch",
        "trafficprofiles.weft.dev: create list patch",
      ],
      inSystem: [
        "leases.coordination.k8s.io: create",
        "leases.coordination.k8s.io[weft-scheduler]: get update",
        "placementplans.weft.dev: create delete list watch",
        "placementplans/status.weft.dev: update",
      ],
    },
    {
      account: "weft-sfc",
      rules: [
        "events.events.k8s.io: create",
        "nodes: list watch",
        "pods: list watch",
        "services: list watch",
        "servicefunctionchains.weft.dev: get list watch",
        "servicefunctionchains/status.weft.dev: patch",
        "servicefunctionpaths.weft.dev: create delete list patch watch",
        "servicefunctions.weft.dev: list watch",
      ],
      inSystem: ["leases.coordination.k8s.io: create", "leases.coordination.k8s.io[weft-sfc]: get update"],
    },
  ];

  it.each(cases)("of $account is this and no more", async ({ account, rules, inSystem = [] }) => {
    expect(await rulesOf(account, "default")).toEqual([...rules].sort());
    expect(await rulesOf(account, system)).toEqual([...rules, ...inSystem].sort());
  });

  it.each(cases)("of $account does not reach secrets", async ({ account }) => {
    const client = await clientOf(account);
    const answer = await client.request({ path: `/api/v1/namespaces/${system}/secrets` });
    expect(answer).toMatchObject({ statusCode: 403, body: { message: expect.stringContaining(account) } });
  });

  it("lets control read all that snapshots are made of, and HTTPRoutes when there are such", async () => {
    const limits = { absentMs: 200 };
    const view = openClusterView({ ...(await readerOf("weft-control")), kinds: routedMeshKinds, readers, limits });
    await waitUntil(() => view.unsynced().length === 0, { what: "everything is read", timeoutMs: 20_000 });
    expect(view.httpRoutes.list()).toEqual([]);
    await admin("apply", "-f", folder.write("gateway-api.json", httpRouteCrd));
    await admin("wait", "--for=condition=Established", "--timeout=30s", "crd/httproutes.gateway.networking.k8s.io");
    await admin("apply", "-f", folder.write("route.json", httpRoute));
    const isRead = () => view.httpRoutes.get("default/canary")?.parents[0]?.service === "udm";
    await waitUntil(isRead, { what: "the route is read", timeoutMs: 20_000 });
    await saysWhatBecameOf("canary");
    await admin("delete", "crd", "httproutes.gateway.networking.k8s.io");
    await waitUntil(() => view.httpRoutes.list().length === 0, { what: "the route is gone", timeoutMs: 20_000 });
    await view.stop();
  });

  it("lets scheduler read pods, nodes and what tells of demand, bind a pod, and say so", async () => {
    const reader = await readerOf("weft-scheduler");
    const kinds = ["pods", "nodes", "services", "serviceFunctions", "serviceFunctionChains"] as const;
    const view = openClusterView({ ...reader, kinds, readers });
    await waitUntil(() => view.unsynced().length === 0, { what: "everything is read", timeoutMs: 20_000 });
    await view.stop();
    const core = coreApi(connection);
    await core.createNamespacedPod({ namespace: "default", body: unrunPod({ name: "to-bind" }) });
    await bindPod(reader.client, { namespace: "default", name: "to-bind", node: "anywhere" });
    const pod = await core.readNamespacedPod({ namespace: "default", name: "to-bind" });
    expect(pod.spec?.nodeName).toBe("anywhere");
    const context = { client: reader.client, clock, controller: "weft.dev/scheduler", identity: "test" };
    const regarding = {
      apiVersion: "v1",
      kind: "Pod",
      namespace: "default",
      name: "to-bind",
      uid: pod.metadata?.uid ?? "",
    };
    await createEventRecorder(context).record({ regarding, type: "Normal", reason: "Placed", message: "anywhere" });
  });

  it("lets scheduler let a pod go that its gate has held", async () => {
    const { client } = await readerOf("weft-scheduler");
    const core = coreApi(connection);
    const body = unrunPod({ name: "to-let-go" });
    const spec = { ...body.spec, schedulingGates: [{ name: placementGate }] } as V1PodSpec;
    const created = await core.createNamespacedPod({ namespace: "default", body: { ...body, spec } });
    const target = { node: "anywhere", affinity: "required" } as const;
    expect(await createPodRelease({ client }).release(podOf(created as object), target)).toBe("released");
  });

  it("lets scheduler lead, and keep what it learns", async () => {
    const { client } = await readerOf("weft-scheduler");
    const leadership = lead(client, "weft-scheduler");
    await waitUntil(() => leadership.isLeader, { what: "leads", timeoutMs: 20_000 });
    await leadership.stop();
    const profiles = { encodeProfile: trafficProfileObject, parseProfile: parseTrafficProfile };
    const store = createProfileStore({ client, encoding: profiles });
    const ends = { source: "amf", destinationNamespace: "default", destination: "nrf" };
    const rates = { requestBytesPerSecond: 10, responseBytesPerSecond: 1, lastAtMs: Date.UTC(2030, 0, 1) };
    const profile = { namespace: "default", flows: [{ ...ends, ...rates, sourceImage: "registry:5000/amf:1" }] };
    await store.write(profile);
    await store.write(profile);
    expect(await store.read()).toEqual({ profiles: [profile], unreadable: [] });
  });

  it("lets scheduler take a plan from its proposal to its end, and evict a pod", async () => {
    const reader = await readerOf("weft-scheduler");
    const planWriter = createPlanWriter({ client: reader.client, encoding: planEncoding });
    const view = openClusterView({ ...reader, kinds: ["placementPlans"], readers, plansNamespace: system });
    const created = await planWriter.createPlan(newPlan({ namespace: system }));
    const key = `${system}/${created.name}`;
    await waitUntil(() => view.placementPlans.get(key), { what: "the plan is seen", timeoutMs: 20_000 });
    await planWriter.updatePlanStatus(created, anyPlanStatus("Done"));
    await planWriter.deletePlan(created);
    await waitUntil(() => !view.placementPlans.get(key), { what: "the plan is gone", timeoutMs: 20_000 });
    await view.stop();
    const core = coreApi(connection);
    await core.createNamespacedPod({ namespace: "default", body: unrunPod({ name: "to-evict" }) });
    const { metadata } = await core.readNamespacedPod({ namespace: "default", name: "to-evict" });
    const pod = { namespace: "default", name: "to-evict", uid: metadata?.uid ?? "" };
    expect(await createPodEvictor(reader.client).evict(pod)).toEqual({ kind: "evicted" });
  });

  it("lets scheduler approve no plan", async () => {
    const { client } = await readerOf("weft-scheduler");
    const created = await createPlanWriter({ client, encoding: planEncoding }).createPlan(
      newPlan({ namespace: system }),
    );
    const path = weftPath("placementPlans", system, created.name);
    const contentType = "application/merge-patch+json";
    const answer = await client.request({ method: "PATCH", path, contentType, body: { spec: { approved: true } } });
    expect(answer.statusCode).toBe(403);
  });

  it("lets sfc lead, and take a chain from its path to its events", async () => {
    const { client } = await readerOf("weft-sfc");
    const leadership = lead(client, "weft-sfc");
    await waitUntil(() => leadership.isLeader, { what: "leads", timeoutMs: 20_000 });
    await leadership.stop();

    const declared = chain("n6", ["fw"], { namespace: "default" });
    await admin("apply", "-f", folder.write("chain.json", serviceFunctionChainObject(declared)));
    const writer = createChainWriter({ client, encoding });
    const rendered = servicePath("n6", 7, [{ weights: ["n1>dn-0=10000"] }], {
      namespace: "default",
      isActive: false,
    });
    await writer.createPath(rendered);
    await writer.setPathActive(rendered, true);
    await writer.updateChainStatus("default", "n6", { observedGeneration: 1, conditions: [], spi: 7 });
    expect(await writer.readChainStatus("default", "n6")).toMatchObject({ spi: 7 });
    const recorder = createEventRecorder({ client, clock, controller: "weft.dev/sfc", identity: "test" });
    const regarding = { apiVersion: "weft.dev/v1alpha1", kind: "ServiceFunctionChain", namespace: "default" };
    const event = { type: "Normal", reason: "Rendered", message: "SPI 7" } as const;
    await recorder.record({ regarding: { ...regarding, name: "n6", uid: "u" }, ...event });
    await writer.deletePath("default", rendered.name);
  });

  function lead(client: KubernetesClient, name: string): Leadership {
    const parts = { client, clock, log, random: Math.random, identity: "test" };
    return startLeaseLeadership({ ...parts, namespace: system, name });
  }

  /** Beside what another controller says of it. */
  async function saysWhatBecameOf(name: string): Promise<void> {
    const { client } = await readerOf("weft-control");
    const path = gatewayPath("httpRoutes", { namespace: "default", name });
    const parentsNow = async () => {
      const { body } = await client.request({ path });
      return (body as { status?: { parents?: readonly object[] } }).status?.parents ?? [];
    };
    const route = { kind: "HTTPRoute", namespace: "default", name, generation: 1 } as const;
    const parent = { namespace: "default", service: "udm", port: 80 };
    const saying = (status: "True" | "False") => [
      { parent, conditions: [{ type: "Accepted", status, reason: "Test", message: "", observedGeneration: 1 }] },
    ];
    let nowMs = Date.UTC(2030, 0, 1);
    const writer = createRouteStatusWriter({ client, clock: { nowMs: () => nowMs } });
    await writer.writeParents(route, saying("True"));
    const own = { parentRef: { group: "", kind: "Service", namespace: "default", name: "udm", port: 80 } };
    const accepted = { type: "Accepted", status: "True", lastTransitionTime: "2030-01-01T00:00:00Z" };
    const entry = { ...own, controllerName: routeController, conditions: [accepted] };
    expect(await parentsNow()).toMatchObject([entry]);
    const other = { parentRef: { name: "edge" }, controllerName: "example.com/gateway", conditions: [] };
    const [written] = await parentsNow();
    const patch = JSON.stringify({ status: { parents: [other, written] } });
    await admin("patch", "httproute", name, "--subresource=status", "--type=merge", "-p", patch);
    nowMs += 60_000;
    await writer.writeParents(route, saying("True"));
    expect(await parentsNow()).toMatchObject([other, entry]);
    await writer.writeParents(route, saying("False"));
    const refused = { ...accepted, status: "False", lastTransitionTime: "2030-01-01T00:01:00Z" };
    expect(await parentsNow()).toMatchObject([other, { ...entry, conditions: [refused] }]);
    // Of a generation that is not there any more.
    await writer.writeParents({ ...route, generation: 2 }, []);
    expect(await parentsNow()).toHaveLength(2);
    await writer.writeParents(route, []);
    expect(await parentsNow()).toMatchObject([other]);
    await writer.writeParents({ ...route, name: "nobody" }, saying("True"));
  }

  /** `resource.group[name]: verbs` of everything the account may do there, but what every account may. */
  async function rulesOf(account: string, namespace: string): Promise<readonly string[]> {
    const client = await clientOf(account);
    const answer = await client.request({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } },
    });
    const { status } = answer.body as { status: { incomplete: boolean; resourceRules: readonly Rule[] } };
    expect(status.incomplete).toBe(false);
    return status.resourceRules
      .flatMap(ruleTexts)
      .filter((text) => !/^selfsubject\w+\./.test(text))
      .sort();
  }

  async function readerOf(account: string) {
    return { client: await clientOf(account), clock, log, random: Math.random };
  }

  /** As the component itself, with a token that the API server issued to its service account. */
  async function clientOf(account: string): Promise<KubernetesClient> {
    const token = (await admin("create", "token", account, "-n", system)).trim();
    const kubeconfigPath = folder.write(`${account}.kubeconfig`, {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      clusters: [
        {
          name: "test",
          cluster: { server: connection.apiServerUrl, "certificate-authority-data": base64(connection.caPem) },
        },
      ],
      users: [{ name: account, user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: account } }],
    });
    return openKubernetesClient({ clock, kubeconfigPath });
  }
});

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

function ruleTexts({ verbs, apiGroups, resources, resourceNames = [] }: Rule): readonly string[] {
  const names = resourceNames.length > 0 ? `[${resourceNames.join()}]` : "";
  const suffixes = apiGroups.map((group) => (group === "" ? "" : `.${group}`));
  return resources.flatMap((resource) =>
    suffixes.map((suffix) => `${resource}${suffix}${names}: ${[...verbs].sort().join(" ")}`),
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
