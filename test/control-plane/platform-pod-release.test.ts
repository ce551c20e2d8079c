/** What the API server lets a gated pod be told, and what of it the adapter writes. */
import type { V1Affinity, V1Pod, V1PreferredSchedulingTerm } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { placementGate, plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import { type Pod, podOf } from "../../core/model/pod.ts";
import type { ReleaseTarget } from "../../core/ports/pod-release.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { createPodRelease } from "../../platform/kubernetes/kubernetes-pod-release.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { unrunPod } from "./cluster-objects.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { kubectl } from "./install-crds.ts";

const namespace = "default";
const isNode = { key: "metadata.name", operator: "In", values: ["n1"] };
const podAntiAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }],
};
const isNotNode = { ...isNode, operator: "NotIn", values: ["n2"] };
const inZone = { key: "zone", operator: "In", values: ["z"] };
const preferringZone = { weight: 1, preference: { matchExpressions: [inZone] } };

describeWithControlPlane("letting pods go from Weft's gate", (connection) => {
  const core = coreApi(connection);
  let client: KubernetesClient;

  beforeAll(() => {
    client = openKubernetesClient({ clock: createSystemClock(), kubeconfigPath: connection.paths.adminKubeconfig });
  });
  afterAll(async () => {
    client.close();
    await removePodsAndNodes(core);
  });

  const cases: readonly { name: string; before?: V1Affinity; target?: ReleaseTarget; after: V1Affinity | undefined }[] =
    [
      { name: "nothing-where-there-is-no-node", after: undefined },
      { name: "a-preference", target: { node: "n1", affinity: "preferred" }, after: preferred() },
      {
        name: "a-requirement",
        target: { node: "n1", affinity: "required" },
        after: required({ matchFields: [isNode] }),
      },
      {
        name: "a-requirement-besides-an-affinity-to-pods",
        before: { podAntiAffinity },
        target: { node: "n1", affinity: "required" },
        after: { podAntiAffinity, ...required({ matchFields: [isNode] }) },
      },
      {
        name: "a-requirement-into-each-that-was-there",
        before: required({ matchExpressions: [inZone] }, { matchFields: [isNotNode] }, {}),
        target: { node: "n1", affinity: "required" },
        after: required(
          { matchExpressions: [inZone], matchFields: [isNode] },
          { matchFields: [isNotNode, isNode] },
          {},
        ),
      },
      {
        name: "a-preference-besides-others",
        before: {
          podAntiAffinity,
          nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferringZone] },
        },
        target: { node: "n1", affinity: "preferred" },
        after: { podAntiAffinity, ...preferred(preferringZone) },
      },
    ];

  it.each(cases)("writes $name, and takes its own gate off", async ({ name, before, target, after }) => {
    const pod = await createGated(name, ["example.com/quota", placementGate], before);
    expect(await createPodRelease({ client }).release(pod, target)).toBe("released");
    const { spec, metadata } = await core.readNamespacedPod({ namespace, name });
    expect(spec?.schedulingGates).toEqual([{ name: "example.com/quota" }]);
    expect(spec?.affinity).toEqual(after);
    expect(metadata?.annotations?.[plannedNodeAnnotation]).toBe(target?.node);
  });

  it.each([{ podAntiAffinity }, undefined])(
    "takes one request where no affinity to nodes was there (%j)",
    async (before) => {
      const pod = await createGated(before ? "one-request-besides" : "one-request", [placementGate], before);
      const methods: string[] = [];
      const counted: KubernetesClient = {
        ...client,
        request(request) {
          methods.push(request.method ?? "GET");
          return client.request(request);
        },
      };
      await createPodRelease({ client: counted }).release(pod, { node: "n1", affinity: "preferred" });
      expect(methods).toEqual(["PATCH"]);
    },
  );

  it("finds nothing to let go of a pod that has no gate, is another, or is gone", async () => {
    const asked = await createGated("twice", [placementGate]);
    const release = createPodRelease({ client });
    expect(await release.release({ ...asked, uid: "another" })).toBe("gone");
    expect(await release.release(asked)).toBe("released");
    expect(await release.release(asked)).toBe("gone");
    await core.deleteNamespacedPod({ namespace, name: "twice", gracePeriodSeconds: 0 });
    expect(await release.release(asked)).toBe("gone");
  });

  it("lets one of two who try at one time have its way, and the other find nothing left", async () => {
    const pod = await createGated("contested", [placementGate]);
    const tries = ["n1", "n2"].map((node) => createPodRelease({ client }).release(pod, { node, affinity: "required" }));
    expect((await Promise.all(tries)).sort()).toEqual(["gone", "released"]);
    const { spec } = await core.readNamespacedPod({ namespace, name: "contested" });
    expect(
      spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ).toHaveLength(1);
  });

  it("says why the API server does not take a node", async () => {
    const pod = await createGated("refused", [placementGate]);
    const target = { node: "not a name!", affinity: "required" } as const;
    await expect(createPodRelease({ client }).release(pod, target)).rejects.toMatchObject({
      code: "kubernetes-refused",
    });
  });

  it("keeps what was written since the pod was seen", async () => {
    const pod = await createGated("tightened", ["example.com/quota", placementGate]);
    const tightening = required({ matchExpressions: [inZone] });
    const patch = [{ op: "add", path: "/spec/affinity", value: tightening }];
    await kubectl(connection, ["patch", "pod", pod.name, "--type=json", "-p", JSON.stringify(patch)]);
    await createPodRelease({ client }).release(pod, { node: "n1", affinity: "required" });
    const { spec } = await core.readNamespacedPod({ namespace, name: pod.name });
    expect(spec?.affinity).toEqual(required({ matchExpressions: [inZone], matchFields: [isNode] }));
  });

  async function createGated(name: string, gates: readonly string[], affinity?: V1Affinity): Promise<Pod> {
    const pod = unrunPod({ name });
    const spec = { ...pod.spec, affinity, schedulingGates: gates.map((gate) => ({ name: gate })) } as V1Pod["spec"];
    const body = { ...pod, spec } as V1Pod;
    return podOf((await core.createNamespacedPod({ namespace, body })) as object);
  }
});

function required(...nodeSelectorTerms: readonly object[]): V1Affinity {
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [...nodeSelectorTerms] } },
  };
}

function preferred(...others: readonly V1PreferredSchedulingTerm[]): V1Affinity {
  const own = { weight: 100, preference: { matchFields: [isNode] } };
  return { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [...others, own] } };
}
