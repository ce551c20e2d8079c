/** What the API server lets a gated pod be told, and what of it the adapter writes. */
import type { V1Affinity, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { placementGate, plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import type { ReleaseTarget } from "../../core/ports/pod-release.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { createPodRelease } from "../../platform/kubernetes/kubernetes-pod-release.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { unrunPod } from "./cluster-objects.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";

const namespace = "default";
const isNode = { key: "metadata.name", operator: "In", values: ["n1"] };
const inZone = { key: "zone", operator: "In", values: ["z"] };

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
      { name: "without-a-node", after: undefined },
      {
        name: "preferred-alone",
        target: { node: "n1", affinity: "preferred" },
        after: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchFields: [isNode] } }],
          },
        },
      },
      {
        name: "required-alone",
        target: { node: "n1", affinity: "required" },
        after: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [isNode] }] },
          },
        },
      },
      {
        name: "required-besides-what-was-required",
        before: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [inZone] },
                { matchFields: [{ ...isNode, operator: "NotIn" }] },
                {},
              ],
            },
          },
        },
        target: { node: "n1", affinity: "required" },
        after: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [inZone], matchFields: [isNode] },
                { matchFields: [{ ...isNode, operator: "NotIn" }, isNode] },
                {},
              ],
            },
          },
        },
      },
      {
        name: "preferred-besides-other-affinities",
        before: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [inZone] } },
            ],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }],
          },
        },
        target: { node: "n1", affinity: "preferred" },
        after: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [inZone] } },
              { weight: 100, preference: { matchFields: [isNode] } },
            ],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }],
          },
        },
      },
    ];

  it.each(cases)("writes $name, and takes its own gate off", async ({ name, before, target, after }) => {
    const { uid } = await createGated(name, ["example.com/quota", placementGate], before);
    expect(await createPodRelease({ client }).release({ namespace, name, uid }, target)).toBe("released");
    const { spec, metadata } = await core.readNamespacedPod({ namespace, name });
    expect(spec?.schedulingGates).toEqual([{ name: "example.com/quota" }]);
    expect(spec?.affinity).toEqual(after);
    expect(metadata?.annotations?.[plannedNodeAnnotation]).toBe(target?.node);
  });

  it("finds nothing to let go of a pod that has no gate, is another, or is gone", async () => {
    const { uid } = await createGated("twice", [placementGate]);
    const release = createPodRelease({ client });
    const asked = { namespace, name: "twice", uid };
    expect(await release.release({ ...asked, uid: "another" })).toBe("gone");
    expect(await release.release(asked)).toBe("released");
    expect(await release.release(asked)).toBe("gone");
    await core.deleteNamespacedPod({ namespace, name: "twice", gracePeriodSeconds: 0 });
    expect(await release.release(asked)).toBe("gone");
  });

  it("lets one of two who try at one time have its way, and the other find nothing left", async () => {
    const { uid } = await createGated("contested", [placementGate]);
    const tries = ["n1", "n2"].map((node) =>
      createPodRelease({ client }).release({ namespace, name: "contested", uid }, { node, affinity: "required" }),
    );
    expect((await Promise.all(tries)).sort()).toEqual(["gone", "released"]);
    const { spec } = await core.readNamespacedPod({ namespace, name: "contested" });
    expect(
      spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ).toHaveLength(1);
  });

  it("says why the API server does not take a node", async () => {
    const { uid } = await createGated("refused", [placementGate]);
    const release = createPodRelease({ client }).release(
      { namespace, name: "refused", uid },
      { node: "not a name!", affinity: "required" },
    );
    await expect(release).rejects.toMatchObject({ code: "kubernetes-refused" });
  });

  async function createGated(name: string, gates: readonly string[], affinity?: V1Affinity): Promise<{ uid: string }> {
    const pod = unrunPod({ name });
    const spec = { ...pod.spec, affinity, schedulingGates: gates.map((gate) => ({ name: gate })) } as V1Pod["spec"];
    const { metadata } = await core.createNamespacedPod({ namespace, body: { ...pod, spec } as V1Pod });
    return { uid: metadata?.uid ?? "" };
  }
});
