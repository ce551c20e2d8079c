/** What every PlanWriter and PodEvictor must do, whoever keeps the objects. */
import { describe, expect, it } from "vitest";
import { anyPlanStatus, newPlan } from "../builders/placement-plan.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { appears, type ClusterUnderTest, disappears, opened, timeoutMs } from "./cluster-contract.ts";

export function describePlanContract(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`${name} as a PlanWriter`, () => {
    const cluster = opened(open);

    it("creates plans that are then seen as it answered, each with a name of its own", async () => {
      const { view, planWriter, namespace } = cluster();
      const plan = newPlan({ namespace });
      const [first, second] = [await planWriter.createPlan(plan), await planWriter.createPlan(plan)];
      expect(first).toMatchObject({ ...plan, generation: 1, status: { phase: "Proposed", moves: [] } });
      expect(first.uid).not.toBe("");
      expect(second.name).not.toBe(first.name);
      expect(await appears(view.placementPlans, `${namespace}/${first.name}`)).toEqual(first);
    });

    it.each(["Proposed", "Running", "Done", "Abandoned"] as const)("reads back a status of phase %s", async (phase) => {
      const { view, planWriter, namespace } = cluster();
      const status = anyPlanStatus(phase);
      const written = await planWriter.updatePlanStatus(await planWriter.createPlan(newPlan({ namespace })), status);
      expect(written.status).toEqual(status);
      const seen = () => view.placementPlans.get(`${namespace}/${written.name}`);
      await waitUntil(() => seen()?.version === written.version, { what: "the status is seen", timeoutMs, pollMs: 5 });
      expect(seen()).toEqual(written);
    });

    it("writes no status over a version that it was not worked out from", async () => {
      const { planWriter, namespace } = cluster();
      const created = await planWriter.createPlan(newPlan({ namespace }));
      const running = await planWriter.updatePlanStatus(created, anyPlanStatus("Running"));
      const stale = planWriter.updatePlanStatus(created, anyPlanStatus("Abandoned"));
      await expect(stale).rejects.toMatchObject({ code: "kubernetes-conflict" });
      expect((await planWriter.updatePlanStatus(running, anyPlanStatus("Done"))).status.phase).toBe("Done");
    });

    it("shows an approval as another version of the same moves, over which an older status cannot be written", async () => {
      const { view, planWriter, namespace, approvePlan } = cluster();
      const created = await planWriter.createPlan(newPlan({ namespace }));
      await approvePlan(created.name);
      const seen = () => view.placementPlans.get(`${namespace}/${created.name}`);
      await waitUntil(() => seen()?.isApproved, { what: "the approval is seen", timeoutMs, pollMs: 5 });
      expect(seen()).toEqual({ ...created, isApproved: true, generation: 2, version: seen()?.version });
      const stale = planWriter.updatePlanStatus(created, anyPlanStatus("Abandoned"));
      await expect(stale).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });

    it("deletes a plan once, and none that has taken its name", async () => {
      const { view, planWriter, namespace } = cluster();
      const created = await planWriter.createPlan(newPlan({ namespace }));
      const key = `${namespace}/${created.name}`;
      await appears(view.placementPlans, key);
      await planWriter.deletePlan({ ...created, uid: "00000000-0000-0000-0000-000000000000" });
      expect((await planWriter.updatePlanStatus(created, anyPlanStatus("Running"))).uid).toBe(created.uid);
      await planWriter.deletePlan(created);
      await disappears(view.placementPlans, key);
      await planWriter.deletePlan(created);
    });

    it("refuses the status of a plan that is gone as a conflict", async () => {
      const { planWriter, namespace } = cluster();
      const created = await planWriter.createPlan(newPlan({ namespace }));
      await planWriter.deletePlan(created);
      const late = planWriter.updatePlanStatus(created, anyPlanStatus("Running"));
      await expect(late).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });
  });

  describe(`${name} as a PodEvictor`, () => {
    const cluster = opened(open);

    it("has a bound pod end, and says the same when it is asked again", async () => {
      const { view, evictor, namespace, createNode, createPod, bindPod } = cluster();
      await createNode({ name: `node-of-${namespace}`, labels: {} });
      await createPod({ name: "upf-0", labels: {} });
      await bindPod("upf-0", `node-of-${namespace}`);
      const { uid } = await appears(view.pods, `${namespace}/upf-0`);
      for (const _ of [1, 2])
        expect(await evictor.evict({ namespace, name: "upf-0", uid })).toEqual({ kind: "evicted" });
      const pod = () => view.pods.get(`${namespace}/upf-0`);
      await waitUntil(() => pod() === undefined || pod()?.isTerminating, { what: "it ends", timeoutMs, pollMs: 5 });
    });

    it("finds no pod that has gone", async () => {
      const { evictor, namespace } = cluster();
      const uid = "00000000-0000-0000-0000-000000000000";
      expect(await evictor.evict({ namespace, name: "nobody", uid })).toEqual({ kind: "gone" });
    });
  });
}
