import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Leadership } from "../../core/ports/leadership.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { bindPod } from "../../platform/kubernetes/bind-pod.ts";
import { createChainWriter } from "../../platform/kubernetes/kubernetes-chain-writer.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { clusterKinds, openClusterView } from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { startLeaseLeadership } from "../../platform/kubernetes/lease-leadership.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { chainStatusObject, parseChainStatus } from "../../platform/schema/chain-status.ts";
import { parseServiceFunction } from "../../platform/schema/service-function.ts";
import { parseServiceFunctionChain, serviceFunctionChainObject } from "../../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "../../platform/schema/service-function-path.ts";
import { chain, path as servicePath } from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { unrunPod } from "./cluster-objects.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { installCrds, kubectl } from "./install-crds.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly spec: { readonly template: { readonly metadata: { readonly labels: object }; readonly spec: object } };
}

const system = "weft-system";
const clock = createSystemClock();
const log = createLog({ level: "error", name: "test" });
const encoding = { encodePath: serviceFunctionPathObject, encodeChainStatus: chainStatusObject, parseChainStatus };
const readers = {
  serviceFunctions: parseServiceFunction,
  serviceFunctionChains: parseServiceFunctionChain,
  serviceFunctionPaths: parseServiceFunctionPath,
};

describeWithControlPlane("deploy/", (connection) => {
  const folder = mkdtempSync(path.join(tmpdir(), "weft-deploy-"));
  const admin = (...args: string[]) => kubectl(connection, args);

  beforeAll(async () => {
    await installCrds(connection);
    await admin("apply", "--server-side", "--validate=strict", "-f", "deploy/base/namespace.yaml");
    const accessKinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
    const access = (await built("deploy")).filter(({ kind }) => accessKinds.includes(kind));
    await admin("apply", "--server-side", "--validate=strict", "-f", written("access.json", listOf(access)));
  });

  afterAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    await admin("delete", "servicefunctionchains,servicefunctionpaths", "--all", "--all-namespaces");
    rmSync(folder, { recursive: true });
  });

  describe("the whole installation", () => {
    it("is taken by the API server, every object of it, with strict field validation", async () => {
      const objects = await built("deploy");
      const taken = await admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-k", "deploy");
      expect(taken.match(/serverside-applied \(server dry run\)/g)).toHaveLength(objects.length);
      for (const { metadata } of objects) expect(taken).toContain(`/${metadata.name} serverside-applied`);
    });

    it("would not be taken with a misspelt field", async () => {
      const [deployment] = (await built("deploy")).filter(({ kind }) => kind === "Deployment");
      const misspelt = { ...deployment, spec: { ...deployment?.spec, replica: 1 } };
      const file = written("misspelt.json", misspelt);
      const taken = admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);
      await expect(taken).rejects.toThrow(/replica/);
    });

    it("has pods that the restricted Pod Security Standard admits", async () => {
      const deployments = (await built("deploy")).filter(({ kind }) => kind === "Deployment");
      expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
        "weft-control",
        "weft-scheduler",
        "weft-sfc",
      ]);
      for (const deployment of deployments) expect(await admitted(deployment)).toContain("created (server dry run)");
    });

    it("is in a namespace that refuses pods with more rights", async () => {
      const plain = { spec: { template: { metadata: { labels: {} }, spec: unrunPod({ name: "plain" }).spec } } };
      await expect(admitted({ kind: "Deployment", metadata: { name: "plain" }, ...plain } as Manifest)).rejects.toThrow(
        /violates PodSecurity "restricted/,
      );
    });
  });

  describe("the proxy's component", () => {
    it("puts a native sidecar into labelled Deployments, and leaves others alone", async () => {
      const [meshed, plain] = await builtWithProxy();
      expect(meshed?.spec.template).toMatchObject({
        metadata: { labels: { app: "meshed", "weft.dev/mesh": "enabled" } },
        spec: { initContainers: [{ name: "weft-proxy", restartPolicy: "Always" }, { name: "prepare" }] },
      });
      expect(plain?.spec.template.spec).not.toHaveProperty("initContainers");
    });

    it("makes pods that the API server takes, and that the restricted Pod Security Standard admits", async () => {
      const [meshed] = await builtWithProxy();
      if (!meshed) throw new Error("kustomize built nothing");
      const file = written("meshed.json", meshed);
      const taken = await admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);
      expect(taken).toContain("meshed serverside-applied");
      expect(await admitted(meshed)).toContain("created (server dry run)");
    });
  });

  describe("the access of each component", () => {
    const readsWeft = ["servicefunctions", "servicefunctionchains", "servicefunctionpaths"];
    const cases: readonly { account: string; rules: readonly string[]; inSystem?: readonly string[] }[] = [
      {
        account: "weft-control",
        rules: ["pods", "nodes", "services", ...readsWeft.map((kind) => `${kind}.weft.dev`)].map(
          (kind) => `${kind}: list watch`,
        ),
      },
      {
        account: "weft-scheduler",
        rules: ["nodes: list watch", "pods/binding: create", "pods: list watch"],
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

    it("lets control read all that snapshots are made of", async () => {
      const view = openClusterView({ ...(await readerOf("weft-control")), kinds: clusterKinds, readers });
      await waitUntil(() => view.unsynced().length === 0, { what: "everything is read", timeoutMs: 20_000 });
      await view.stop();
    });

    it("lets scheduler read pods and nodes, and bind a pod", async () => {
      const reader = await readerOf("weft-scheduler");
      const view = openClusterView({ ...reader, kinds: ["pods", "nodes"] });
      await waitUntil(() => view.unsynced().length === 0, { what: "everything is read", timeoutMs: 20_000 });
      await view.stop();
      const core = coreApi(connection);
      await core.createNamespacedPod({ namespace: "default", body: unrunPod({ name: "to-bind" }) });
      await bindPod(reader.client, { namespace: "default", name: "to-bind", node: "anywhere" });
      const pod = await core.readNamespacedPod({ namespace: "default", name: "to-bind" });
      expect(pod.spec?.nodeName).toBe("anywhere");
    });

    it("lets sfc lead, and take a chain from its path to its events", async () => {
      const { client } = await readerOf("weft-sfc");
      const leadership = lead(client);
      await waitUntil(() => leadership.isLeader, { what: "leads", timeoutMs: 20_000 });
      await leadership.stop();

      const declared = chain("n6", ["fw"], { namespace: "default" });
      await admin("apply", "-f", written("chain.json", serviceFunctionChainObject(declared)));
      const writer = createChainWriter({ client, clock, encoding, identity: "test" });
      const rendered = servicePath("n6", 7, [{ weights: ["n1>dn-0=10000"] }], {
        namespace: "default",
        isActive: false,
      });
      await writer.createPath(rendered);
      await writer.setPathActive(rendered, true);
      await writer.updateChainStatus("default", "n6", { observedGeneration: 1, conditions: [], spi: 7 });
      expect(await writer.readChainStatus("default", "n6")).toMatchObject({ spi: 7 });
      const event = { type: "Normal", reason: "Rendered", message: "SPI 7" } as const;
      await writer.recordChainEvent({ namespace: "default", chain: "n6", chainUid: "u", ...event });
      await writer.deletePath("default", rendered.name);
    });
  });

  function lead(client: KubernetesClient): Leadership {
    const parts = { client, clock, log, random: Math.random, identity: "test" };
    return startLeaseLeadership({ ...parts, namespace: system, name: "weft-sfc" });
  }

  async function built(kustomization: string): Promise<readonly Manifest[]> {
    return parseAllDocuments(await admin("kustomize", kustomization)).map((document) => document.toJS());
  }

  /** What a user's own kustomization makes of two Deployments. */
  async function builtWithProxy(): Promise<readonly Manifest[]> {
    const component = path.relative(folder, path.resolve("deploy/base/proxy"));
    written("apps.json", listOf([deploymentOf("meshed", { "weft.dev/mesh": "enabled" }), deploymentOf("plain", {})]));
    written("kustomization.yaml", { resources: ["apps.json"], components: [component] });
    return built(folder);
  }

  /** Asks for a pod of the Deployment where the namespace enforces the restricted standard. */
  function admitted({ metadata: { name }, spec: { template } }: Manifest): Promise<string> {
    const metadata = { ...template.metadata, name, namespace: system };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
    return admin("create", "--dry-run=server", "--validate=strict", "-f", written("pod.json", pod));
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
    const kubeconfigPath = written(`${account}.kubeconfig`, {
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

  function written(name: string, content: unknown): string {
    const file = path.join(folder, name);
    writeFileSync(file, JSON.stringify(content));
    return file;
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

function listOf(items: readonly object[]): object {
  return { apiVersion: "v1", kind: "List", items };
}

function deploymentOf(name: string, labels: Readonly<Record<string, string>>): object {
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 1000,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  };
  const container = { image: "nowhere.invalid/none", securityContext };
  const initContainers = "weft.dev/mesh" in labels ? { initContainers: [{ name: "prepare", ...container }] } : {};
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", labels },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", ...container }], ...initContainers },
      },
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
