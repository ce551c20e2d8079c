/** The next new pod of a workload one of whose pods is being moved is to go where the plan has it; every replica reads it from the plan. */
import type { PlacementPlan, PlannedMove, UnderWay } from "../../core/model/placement-plan.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ClusterView } from "../../core/ports/cluster-view.ts";
import type { IntendedNodes } from "../intended-nodes.ts";
import { replacementsOf } from "./replacement.ts";

/** @param namespace the leader's: plans of others mean nothing. */
export function planIntentions(
  { pods, placementPlans }: Pick<ClusterView, "pods" | "placementPlans">,
  namespace: string,
): IntendedNodes {
  return {
    nodeFor({ workload, uid }) {
      for (const plan of placementPlans.list()) {
        const move = plan.namespace === namespace ? moveUnderWay(plan) : undefined;
        if (!move || workloadKey(move.planned.workload) !== workload) continue;
        const others = pods.list().filter((pod) => workloadKey(pod.workload) === workload && pod.uid !== uid);
        // One pod was taken away, so one is meant: whatever comes besides goes where it likes.
        if (replacementsOf(others, move.progress).some(({ node }) => node !== undefined)) return undefined;
        const { from, to } = move.planned;
        return { node: to, why: `plan ${plan.namespace}/${plan.name} (away from node ${from})` };
      }
      return undefined;
    },
  };
}

interface MoveUnderWay {
  readonly planned: PlannedMove;
  readonly progress: UnderWay;
}

function moveUnderWay({ proposal, status }: PlacementPlan): MoveUnderWay | undefined {
  const [progress, planned] = [status.moves.at(-1), proposal.moves[status.moves.length - 1]];
  const isUnderWay = progress?.state === "Evicting" || progress?.state === "Replacing";
  return status.phase === "Running" && isUnderWay && planned ? { planned, progress } : undefined;
}
