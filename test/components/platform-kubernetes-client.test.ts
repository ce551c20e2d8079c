import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import type { PlanStatus } from "../../core/model/placement-plan.ts";
import type { ChainStatus, ChainWriter } from "../../core/ports/chain-writer.ts";
import { bindPod } from "../../platform/kubernetes/bind-pod.ts";
import { createChainWriter } from "../../platform/kubernetes/kubernetes-chain-writer.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView } from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createPlanWriter } from "../../platform/kubernetes/kubernetes-plan-writer.ts";
import { createPodEvictor } from "../../platform/kubernetes/kubernetes-pod-evictor.ts";
import { readCluster } from "../../platform/kubernetes/read-cluster.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { anyPlanStatus, newPlan } from "../builders/placement-plan.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { type ScriptedApiServer, startScriptedApiServer } from "../fakes/scripted-api-server.ts";
import { waitUntil } from "../tools/wait-until.ts";

let server: ScriptedApiServer;
let clock: ManualClock;
let client: KubernetesClient;
let folder: string;

beforeEach(async () => {
  server = await startScriptedApiServer();
  clock = createManualClock();
  client = openKubernetesClient({ clock, kubeconfigPath: server.kubeconfigPath, answerBytesMax: 10_000 });
  folder = mkdtempSync(join(tmpdir(), "weft-client-"));
});

afterEach(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

describe("a request to the API server", () => {
  it("carries the kubeconfig's token and the query", async () => {
    const answer = client.request({ path: "/api/v1/x", query: { limit: 5, fieldSelector: "a=b&c" } });
    const request = await server.next("/api/v1/x");
    expect(request.headers.authorization).toBe("Bearer scripted");
    expect(request.query).toEqual({ limit: "5", fieldSelector: "a=b&c" });
    request.answer(200, { fine: true }, { "retry-after": "3" });
    expect(await answer).toEqual({ statusCode: 200, body: { fine: true }, retryAfterMs: 3000 });
  });

  it("answers any HTTP status, with text where the body is not JSON", async () => {
    const answer = client.request({ path: "/x" });
    (await server.next("/x")).answer(502, "<html>");
    expect(await answer).toMatchObject({ statusCode: 502, body: "<html>" });
  });

  it("fails as unavailable when no answer comes in time", async () => {
    const failure = expect(client.request({ path: "/x", timeoutMs: 5000 })).rejects.toMatchObject({
      code: "kubernetes-unavailable",
      message: "GET /x: no answer in time",
    });
    await server.next("/x");
    clock.advance(5000);
    await failure;
    expect(clock.pending).toBe(0);
  });

  const failures = [
    { name: "a connection is cut", play: (request: { cut(): void }) => request.cut() },
    { name: "a success is not JSON", play: (request: Answerable) => request.answer(200, "<html>") },
    { name: "an answer is over the limit", play: (request: Answerable) => request.answer(200, "x".repeat(10_001)) },
  ];
  it.each(failures)("fails as unavailable when $name", async ({ play }) => {
    const answer = client.request({ path: "/x" });
    const failure = expect(answer).rejects.toMatchObject({ code: "kubernetes-unavailable", retryable: true });
    play(await server.next("/x"));
    await failure;
  });

  it("ends with its signal", async () => {
    const abort = new AbortController();
    const failure = expect(client.request({ path: "/x", signal: abort.signal })).rejects.toThrow("aborted");
    await server.next("/x");
    abort.abort();
    await failure;
  });
});

describe("a kubeconfig", () => {
  const cases = [
    { name: "that is no YAML", text: "{", said: "kubeconfig" },
    { name: "without a context", text: '{"apiVersion":"v1","kind":"Config"}', said: "no current context" },
    { name: "of which another context is asked for", text: undefined, context: "other", said: "no context other" },
  ];
  it.each(cases)("$name is invalid configuration", ({ text, context, said }) => {
    const path = text === undefined ? server.kubeconfigPath : join(folder, "kubeconfig");
    if (text !== undefined) writeFileSync(path, text);
    const open = () => openKubernetesClient({ clock, kubeconfigPath: path, context });
    expect(open).toThrow(expect.objectContaining({ code: "config-invalid", message: expect.stringContaining(said) }));
  });

  it("that does not exist is invalid configuration", () => {
    const open = () => openKubernetesClient({ clock, kubeconfigPath: join(folder, "missing") });
    expect(open).toThrow(expect.objectContaining({ code: "config-invalid" }));
  });
});

describe("binding a pod", () => {
  const path = "/api/v1/namespaces/core/pods/amf-0/binding";

  it("names the pod by UID and the node", async () => {
    const bound = bindPod(client, { namespace: "core", name: "amf-0", uid: "u1", node: "a" });
    const request = await server.next(path);
    expect(request.method).toBe("POST");
    expect(request.body).toEqual({
      apiVersion: "v1",
      kind: "Binding",
      metadata: { namespace: "core", name: "amf-0", uid: "u1" },
      target: { apiVersion: "v1", kind: "Node", name: "a" },
    });
    request.answer(201, {});
    await bound;
  });

  it("fails as unavailable when the right is missing", async () => {
    const bound = bindPod(client, { namespace: "core", name: "amf-0", node: "a" });
    const failure = expect(bound).rejects.toMatchObject({
      code: "kubernetes-unavailable",
      message: "bind pod core/amf-0 to a: no right (HTTP 403)",
    });
    (await server.next(path)).answer(403, { kind: "Status", message: "no right" });
    await failure;
  });
});

describe("evicting a pod", () => {
  const path = "/api/v1/namespaces/core/pods/amf-0/eviction";
  const pod = { namespace: "core", name: "amf-0", uid: "u1" };
  const budget = "The disruption budget amf needs 2 healthy pods and has 2 currently";
  const violated = { kind: "Status", message: "Cannot evict pod.", details: { causes: [{ message: budget }] } };
  const twoBudgets = { kind: "Status", message: "This pod has more than one PodDisruptionBudget" };

  it("asks for that pod by its UID", async () => {
    const evicted = createPodEvictor(client).evict(pod);
    const request = await server.next(path);
    expect(request.method).toBe("POST");
    expect(request.body).toEqual({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { namespace: "core", name: "amf-0" },
      deleteOptions: { preconditions: { uid: "u1" } },
    });
    request.answer(201, { kind: "Status" });
    expect(await evicted).toEqual({ kind: "evicted" });
  });

  const answers = [
    { name: "another pod of its name", status: 409, outcome: { kind: "gone" } },
    { name: "no pod", status: 404, outcome: { kind: "gone" } },
    { name: "a budget that is used up", status: 429, body: violated, outcome: { kind: "delayed", reason: budget } },
    { name: "a busy server", status: 429, seconds: "7", outcome: { kind: "delayed", retryAfterMs: 7000 } },
    { name: "two budgets", status: 500, body: twoBudgets, outcome: { kind: "refused", reason: twoBudgets.message } },
    { name: "a missing right", status: 403, outcome: { kind: "refused", reason: "no reason given" } },
  ];
  it.each(answers)("says what $name means", async ({ status, body = {}, seconds, outcome }) => {
    const evicted = createPodEvictor(client).evict(pod);
    (await server.next(path)).answer(status, body, seconds === undefined ? {} : { "retry-after": seconds });
    expect(await evicted).toMatchObject(outcome);
  });

  it.each([500, 503])("fails on %i, after which nobody knows whether it was evicted", async (status) => {
    const failure = expect(createPodEvictor(client).evict(pod)).rejects.toMatchObject({
      code: "kubernetes-unavailable",
    });
    (await server.next(path)).answer(status, {});
    await failure;
  });
});

describe("the plan writer", () => {
  const plans = "/apis/weft.dev/v1alpha1/namespaces/core/placementplans";
  const encodePlanStatus = ({ phase }: PlanStatus) => ({ phase });
  const parsePlan = () => ({ kind: "rejected", field: "spec.moves", reason: "are too many" }) as const;
  const encoding = { encodePlanSpec: () => ({}), encodePlanStatus, parsePlan };

  it("writes a status over the version that it was worked out from, and says what it cannot read back", async () => {
    const { proposal } = newPlan();
    const head = { namespace: "core", name: "plan-1", uid: "u1", generation: 1, version: "77", createdAtMs: 0 };
    const plan = { ...head, isApproved: true, proposal, status: anyPlanStatus("Approved") };
    const written = createPlanWriter({ client, encoding }).updatePlanStatus(plan, anyPlanStatus("Done"));
    const failure = expect(written).rejects.toMatchObject({
      code: "manifest-invalid",
      message: "write the status of plan core/plan-1: spec.moves: are too many",
    });
    const request = await server.next(`${plans}/plan-1/status`);
    expect(request.method).toBe("PUT");
    expect(request.body).toEqual({
      apiVersion: "weft.dev/v1alpha1",
      kind: "PlacementPlan",
      metadata: { namespace: "core", name: "plan-1", uid: "u1", resourceVersion: "77" },
      status: { phase: "Done" },
    });
    request.answer(200, {});
    await failure;
  });
});

describe("the chain writer", () => {
  const chains = "/apis/weft.dev/v1alpha1/namespaces/core/servicefunctionchains";
  const paths = "/apis/weft.dev/v1alpha1/namespaces/core/servicefunctionpaths";
  const status: ChainStatus = { observedGeneration: 3, conditions: [] };

  it("creates a path that its chain owns", async () => {
    const created = writer().createPath(pathOf());
    (await server.next(`${chains}/web`)).answer(200, { metadata: { name: "web", uid: "u1", resourceVersion: "1" } });
    const request = await server.next(paths);
    expect(request.body).toEqual({
      metadata: {
        namespace: "core",
        name: "web-7",
        ownerReferences: [
          {
            apiVersion: "weft.dev/v1alpha1",
            kind: "ServiceFunctionChain",
            name: "web",
            uid: "u1",
            controller: true,
            blockOwnerDeletion: false,
          },
        ],
      },
      spec: { active: false },
    });
    request.answer(201, {});
    await created;
  });

  it("names the fields that the API server refuses", async () => {
    const created = writer().createPath(pathOf());
    const failure = expect(created).rejects.toMatchObject({
      code: "kubernetes-refused",
      message: "create path core/web-7: spec.spi: must be at most 16777215 (HTTP 422)",
    });
    (await server.next(`${chains}/web`)).answer(200, { metadata: { name: "web", uid: "u1" } });
    const causes = [{ field: "spec.spi", message: "must be at most 16777215" }];
    (await server.next(paths)).answer(422, { kind: "Status", details: { causes } });
    await failure;
  });

  it("makes a path active by a merge patch", async () => {
    const changed = writer().setPathActive(pathOf(), true);
    const request = await server.next(`${paths}/web-7`);
    expect(request).toMatchObject({ method: "PATCH", body: { spec: { active: true } } });
    expect(request.headers["content-type"]).toBe("application/merge-patch+json");
    request.answer(200, {});
    await changed;
  });

  it("replaces a chain's status as a whole", async () => {
    const written = writer().updateChainStatus("core", "web", status);
    const request = await server.next(`${chains}/web/status`);
    expect(request).toMatchObject({ method: "PATCH", body: [{ op: "add", path: "/status", value: { seen: 3 } }] });
    expect(request.headers["content-type"]).toBe("application/json-patch+json");
    request.answer(200, {});
    await written;
  });

  it("says which field of a stored status it cannot read", async () => {
    const read = writer().readChainStatus("core", "web");
    const failure = expect(read).rejects.toMatchObject({
      code: "manifest-invalid",
      message: "read the status of chain core/web: status.seen: is no number",
    });
    (await server.next(`${chains}/web`)).answer(200, { metadata: {}, status: { seen: "x" } });
    await failure;
  });

  function writer(): ChainWriter {
    const encoding = {
      encodePath: ({ namespace, name, isActive }: ServiceFunctionPath) => ({
        metadata: { namespace, name },
        spec: { active: isActive },
      }),
      encodeChainStatus: ({ observedGeneration }: ChainStatus) => ({ seen: observedGeneration }),
      parseChainStatus: () => ({ kind: "rejected", field: "status.seen", reason: "is no number" }) as const,
    };
    return createChainWriter({ client, encoding });
  }
});

describe("a cluster view of some kinds", () => {
  it("lists only those, and says which have not been listed yet", async () => {
    const log = createLog({ level: "silent", name: "test" });
    const view = openClusterView({ kinds: ["pods", "nodes"], client, clock, log, random: () => 0 });
    const list = (kind: string, items: readonly object[]) => ({ kind, metadata: { resourceVersion: "1" }, items });
    const pod = { metadata: { namespace: "core", name: "amf-0", uid: "u", resourceVersion: "1" } };
    (await server.next("/api/v1/pods")).answer(200, list("PodList", [pod]));
    await waitUntil(() => view.pods.hasSynced, { what: "pods are listed", timeoutMs: 5000, pollMs: 2 });
    expect(view.unsynced()).toEqual(["nodes"]);
    (await server.next("/api/v1/nodes")).answer(200, list("NodeList", []));
    await waitUntil(() => view.unsynced().length === 0, { what: "nodes are listed", timeoutMs: 5000, pollMs: 2 });
    expect(view.pods.get("core/amf-0")).toMatchObject({ namespace: "core", name: "amf-0", uid: "u" });
    expect(view.stats().pods.objects).toBe(1);
    expect(Object.keys(view.rejections())).toEqual(["pods", "nodes"]);
    await view.stop();
    expect(server.untaken().filter((request) => !/(pods|nodes)$/.test(request))).toEqual([]);
  });

  it("reads the plans of one namespace where it is told so", async () => {
    const log = createLog({ level: "silent", name: "test" });
    const readers = { placementPlans: () => ({ kind: "rejected", field: "", reason: "" }) as const };
    const options = { kinds: ["placementPlans"] as const, readers, plansNamespace: "weft-system" };
    const view = openClusterView({ ...options, client, clock, log, random: () => 0 });
    await server.next("/apis/weft.dev/v1alpha1/namespaces/weft-system/placementplans");
    await view.stop();
  });

  it("cannot be opened without a reader for one of Weft's own kinds", () => {
    const log = createLog({ level: "silent", name: "test" });
    const open = () => openClusterView({ kinds: ["serviceFunctions"], client, clock, log, random: () => 0 });
    expect(open).toThrow("no reader for serviceFunctions was given");
  });
});

interface Answerable {
  answer(statusCode: number, body: unknown): void;
}

function pathOf(): ServiceFunctionPath {
  const prediction = { maxUtilisation: 0, lowerBound: 0, demandBytesPerSecond: 0 };
  const shape = { chainGeneration: 1, spi: 7, isActive: false, isSymmetric: false, hops: [], prediction };
  return { namespace: "core", name: "web-7", chain: "web", ...shape };
}

describe("a reading of the cluster", () => {
  const readers = {
    serviceFunctions: () => ({ kind: "rejected", field: "spec", reason: "is odd" }) as const,
    serviceFunctionChains: () => ({ kind: "rejected", field: "spec", reason: "is odd" }) as const,
  };
  const listOf = (kind: string, ...names: readonly string[]) => ({
    kind: `${kind}List`,
    metadata: { resourceVersion: "1" },
    items: names.map((name) => ({ metadata: { name } })),
  });

  it("has every kind once, without those that are not installed and objects that cannot be read", async () => {
    const reading = readCluster({ client, readers });
    (await server.next("/api/v1/nodes")).answer(200, listOf("Node", "n1"));
    (await server.next("/api/v1/pods")).answer(200, listOf("Pod", "a", "b"));
    (await server.next("/api/v1/services")).answer(200, listOf("Service", "s"));
    (await server.next("/apis/weft.dev/v1alpha1/servicefunctions")).answer(200, listOf("ServiceFunction", "f"));
    (await server.next("/apis/weft.dev/v1alpha1/servicefunctionchains")).answer(404, { kind: "Status" });
    expect(await reading).toMatchObject({
      nodes: [{ name: "n1" }],
      pods: [{ name: "a" }, { name: "b" }],
      services: [{ name: "s" }],
      serviceFunctions: [],
      serviceFunctionChains: [],
    });
  });

  it("fails with the kind that may not be listed", async () => {
    const failure = expect(readCluster({ client, readers })).rejects.toMatchObject({
      code: "kubernetes-unavailable",
      message: "list /api/v1/pods: forbidden (HTTP 403)",
    });
    (await server.next("/api/v1/pods")).answer(403, { kind: "Status", message: "forbidden" });
    await failure;
  });
});
