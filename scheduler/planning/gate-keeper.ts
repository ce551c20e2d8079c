/** Plans the groups of pods that wait behind Weft's scheduling gate, and lets them go. */
import { type Pod, podKey } from "../../core/model/pod.ts";
import type { IntendedNodes } from "../intended-nodes.ts";
import { type GatedGroup, GatedGroups } from "../placement/groups/gated-groups.ts";
import type { GroupPlan } from "../placement/groups/group-plan.ts";
import type { PlanBook } from "../placement/groups/plan-book.ts";
import { unplanned } from "../placement/groups/unplanned.ts";
import { askedOf } from "./asked-of.ts";
import { type GroupOutcome, type PlanGroupDeps, planGroup } from "./plan-group.ts";
import { type Release, ReleaseQueue, type ReleaseQueueDeps } from "./release-queue.ts";
import { settlePlans } from "./settle-plans.ts";

export interface GateKeeperDeps extends PlanGroupDeps, ReleaseQueueDeps {
  readonly book: PlanBook;
  /** Where pods that take the place of moved ones are to go: those are let go at once, and in no plan. */
  readonly intended?: IntendedNodes | undefined;
}

export interface GateKeeper {
  /** Pods that still wait are for whoever leads next. */
  stop(): void;
}

/** A burst of news costs one pass over the pods in so long. */
const LOOK_MS = 15;

/**
 * Only while this replica leads. Groups that become whole while a plan is made, or within as long after it, are planned as one:
 * many small plans cost more than a few large ones. Whoever has waited too long goes without a plan, whatever goes on.
 */
export function startGateKeeper(deps: GateKeeperDeps): GateKeeper {
  const { view, cluster, leadership, book, intended, clock, metrics, log } = deps;
  const { gates, groupPlan } = deps.config;
  const gatherMsMax = gates.waitMsMax - Math.min(gates.waitMsMax / 2, groupPlan.planMsMax);
  const groups = new GatedGroups({ ...gates, gatherMsMax });
  const isIntended = (pod: Pod) => intended?.nodeFor(askedOf(pod)) !== undefined;
  const lookSoon = () => lookAt(clock.nowMs() + LOOK_MS);
  const releases = new ReleaseQueue(deps, { concurrency: gates.concurrency, onFailure: lookSoon });
  /** UIDs of pods in the plan that is being made. */
  let planning: ReadonlySet<string> = new Set();
  /** When the next plan may begin. */
  let restsUntilMs = 0;
  let isStopped = false;
  let look = { dueAtMs: Number.POSITIVE_INFINITY, cancel: () => {} };

  function lookAt(atMs: number): void {
    if (isStopped || atMs >= look.dueAtMs) return;
    look.cancel();
    look = { dueAtMs: atMs, cancel: clock.after(Math.max(0, atMs - clock.nowMs()), lookNow) };
  }

  function lookNow(): void {
    look.cancel();
    look = { dueAtMs: Number.POSITIVE_INFINITY, cancel: () => {} };
    if (isStopped || !leadership.isLeader || !cluster.hasSynced) return;
    const nowMs = clock.nowMs();
    settlePlans(deps);
    groups.update(view.pods.list(), ({ uid }) => planning.has(uid) || releases.has(uid), nowMs);
    metrics.gated.set(groups.gated.length);
    releases.forgetAllBut(new Set(groups.gated.map(({ uid }) => uid)));
    for (const pod of groups.gated.filter(isIntended))
      releases.add({ kind: "unplanned", pod, why: unplanned("moved") });
    for (const pod of groups.overdue(nowMs)) releases.add({ kind: "unplanned", pod, why: unplanned("time-over") });
    if (planning.size === 0 && nowMs >= restsUntilMs) begin(groups.takeDue(nowMs), nowMs);
    const nextMs = Math.min(
      planning.size === 0 ? Math.max(restsUntilMs, groups.nextDueAtMs()) : Number.POSITIVE_INFINITY,
      groups.nextOverdueAtMs(({ uid }) => releases.has(uid)),
      releases.nextRetryAtMs(),
    );
    lookAt(Math.max(nowMs + 1, nextMs));
  }

  function begin(due: readonly GatedGroup[], nowMs: number): void {
    const waiting = due.flatMap(({ pods }) => pods).filter(({ uid }) => !releases.has(uid));
    const [pods, tooMany] = [waiting.slice(0, gates.podsMax), waiting.slice(gates.podsMax)];
    const why = unplanned("planning-failed", `of more than ${gates.podsMax} pods at one time`);
    for (const pod of tooMany) releases.add({ kind: "unplanned", pod, why });
    if (pods.length === 0) return;
    planning = new Set(pods.map(({ uid }) => uid));
    const goesTo = (pod: Pod) => book.get(podKey(pod), pod.uid)?.pod.node;
    void planGroup(deps, { name: nameOf(due), pods, goesTo }).then((outcome) => {
      planning = new Set();
      if (isStopped || !leadership.isLeader) return;
      const tookMs = clock.nowMs() - nowMs;
      restsUntilMs = clock.nowMs() + tookMs;
      metrics.seconds.observe({ way: "gates" }, tookMs / 1000);
      carryOut(pods, outcome);
      lookNow();
    });
  }

  function carryOut(pods: readonly Pod[], outcome: GroupOutcome): void {
    if (outcome.kind === "unplanned") {
      metrics.plans.inc({ way: "gates", outcome: outcome.why.reason });
      log.info("gated pods go without a plan", { pods: pods.length, ...outcome.why });
      for (const pod of pods) releases.add({ kind: "unplanned", pod, why: outcome.why });
      return;
    }
    const { plan } = outcome;
    metrics.plans.inc({ way: "gates", outcome: "planned" });
    metrics.plannedPods.inc({ way: "gates" }, plan.pods.size);
    log.info("gated pods are planned", { group: plan.name, pods: plan.pods.size, unplanned: plan.unplanned.size });
    book.remember(plan);
    // Those with a place take it before others are put there.
    const isPlanned = ({ kind }: Release) => kind === "planned";
    const all = pods.map((pod) => releaseOf(pod, plan));
    for (const one of [...all.filter(isPlanned), ...all.filter((each) => !isPlanned(each))]) releases.add(one);
  }

  function lead(isLeader: boolean): void {
    groups.reset();
    if (!isLeader) releases.clear();
    metrics.gated.set(0);
    lookAt(clock.nowMs());
  }

  const unsubscribe = [view.pods.subscribe(lookSoon), leadership.subscribe(lead)];
  lookAt(clock.nowMs());
  return {
    stop() {
      isStopped = true;
      look.cancel();
      releases.clear();
      for (const end of unsubscribe) end();
    },
  };
}

function releaseOf(pod: Pod, plan: GroupPlan): Release {
  const node = plan.pods.get(podKey(pod))?.node;
  if (node !== undefined) return { kind: "planned", pod, node, plan };
  return { kind: "unplanned", pod, why: plan.unplanned.get(podKey(pod)) ?? unplanned("no-room") };
}

function nameOf([first, ...others]: readonly GatedGroup[]): string {
  return others.length === 0 ? `${first?.key}` : `${first?.key} and ${others.length} other groups`;
}
