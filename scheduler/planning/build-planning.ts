/** Plans of groups, by both ways, and all that they share. */
import type { Registry } from "prom-client";
import type { Leadership } from "../../core/ports/leadership.ts";
import type { Log } from "../../core/ports/log.ts";
import type { PodRelease } from "../../core/ports/pod-release.ts";
import type { EventQueue } from "../event-queue.ts";
import type { IntendedNodes } from "../intended-nodes.ts";
import { PlanBook } from "../placement/groups/plan-book.ts";
import { startGateKeeper } from "./gate-keeper.ts";
import { startPendingGroups } from "./pending-groups.ts";
import { type AdvisePlan, createPlanAdvisor } from "./plan-advisor.ts";
import type { PlanGroupDeps } from "./plan-group.ts";
import { createPlanningMetrics, type PlanningMetrics } from "./planning-metrics.ts";

/** How gated pods are let go, and whether this replica is the one that does. */
export interface GateKeeping {
  readonly release: PodRelease;
  readonly leadership: Leadership;
}

export interface PlanningDeps extends PlanGroupDeps {
  readonly registry: Registry;
  readonly events: Pick<EventQueue, "add">;
  readonly log: Log;
  /** Without it gated pods are left alone. */
  readonly gates?: GateKeeping | undefined;
  readonly intended?: IntendedNodes | undefined;
}

export interface Planning {
  readonly advise: AdvisePlan;
  readonly metrics: PlanningMetrics;
  /** Begins to follow what is pending; the answer stops that. */
  start(): { stop(): void };
}

export function buildPlanning(deps: PlanningDeps): Planning {
  const { registry, config, gates } = deps;
  const book = new PlanBook({ podsMax: Math.max(config.groupPlan.podsMax, config.gates.podsMax) });
  const metrics = createPlanningMetrics({ registry, book });
  const parts = { ...deps, book, metrics };
  return {
    metrics,
    advise: createPlanAdvisor(parts),
    start() {
      const running: { stop(): void }[] = [];
      // The plugin netmarks is the published greedy score, to compare with, and has no plans.
      if (config.groupPlan.isEnabled && config.plugin === "locality") running.push(startPendingGroups(parts));
      if (gates && config.gates.isEnabled) running.push(startGateKeeper({ ...parts, ...gates }));
      return {
        stop() {
          for (const each of running) each.stop();
        },
      };
    },
  };
}
