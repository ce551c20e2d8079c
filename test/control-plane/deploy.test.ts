import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unrunPod } from "./cluster-objects.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { installCrds, kubectl } from "./install-crds.ts";
import { kustomized, listOf, type Manifest, openManifestFolder } from "./manifest-folder.ts";

const system = "weft-system";

describeWithControlPlane("deploy/", (connection) => {
  const folder = openManifestFolder();
  const admin = (...args: string[]) => kubectl(connection, args);

  beforeAll(async () => {
    await installCrds(connection);
    await admin("apply", "--server-side", "--validate=strict", "-f", "deploy/base/namespace.yaml");
  });
  afterAll(() => folder.remove());

  describe("the whole installation", () => {
    it("is taken by the API server, every object of it, with strict field validation", async () => {
      const objects = await kustomized(connection, "deploy");
      const taken = await admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-k", "deploy");
      expect(taken.match(/serverside-applied \(server dry run\)/g)).toHaveLength(objects.length);
      for (const { metadata } of objects) expect(taken).toContain(`/${metadata.name} serverside-applied`);
    });

    it("would not be taken with a misspelt field", async () => {
      const [deployment] = (await kustomized(connection, "deploy")).filter(({ kind }) => kind === "Deployment");
      const misspelt = { ...deployment, spec: { ...deployment?.spec, replica: 1 } };
      const file = folder.write("misspelt.json", misspelt);
      const taken = admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);
      await expect(taken).rejects.toThrow(/replica/);
    });

    it("has pods that the restricted Pod Security Standard admits", async () => {
      const deployments = (await kustomized(connection, "deploy")).filter(({ kind }) => kind === "Deployment");
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
      const file = folder.write("meshed.json", meshed);
      const taken = await admin("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", file);
      expect(taken).toContain("meshed serverside-applied");
      expect(await admitted(meshed)).toContain("created (server dry run)");
    });
  });

  /** What a user's own kustomization makes of two Deployments. */
  async function builtWithProxy(): Promise<readonly Manifest[]> {
    const component = path.relative(folder.path, path.resolve("deploy/base/proxy"));
    folder.write(
      "apps.json",
      listOf([deploymentOf("meshed", { "weft.dev/mesh": "enabled" }), deploymentOf("plain", {})]),
    );
    folder.write("kustomization.yaml", { resources: ["apps.json"], components: [component] });
    return kustomized(connection, folder.path);
  }

  /** Asks for a pod of the Deployment where the namespace enforces the restricted standard. */
  function admitted({ metadata: { name }, spec: { template } }: Manifest): Promise<string> {
    const metadata = { ...template.metadata, name, namespace: system };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
    return admin("create", "--dry-run=server", "--validate=strict", "-f", folder.write("pod.json", pod));
  }
});

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
