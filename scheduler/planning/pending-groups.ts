/** Plans pods together that are pending together, while kube-scheduler asks about one after another. */
import { plannedNodeAnnotation } from "../../core/model/placement-group.ts";
import { type Pod, podKey } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { Log } from "../../core/ports/log.ts";
import { type Gathering, idle, nextGathering, planDueAtMs } from "../placement/groups/gathering.ts";
import type { GroupPlan } from "../placement/groups/group-plan.ts";
import type { PlanBook } from "../placement/groups/plan-book.ts";
import { talkingWith } from "../placement/groups/talking-with.ts";
import { type PlanGroupDeps, planGroup } from "./plan-group.ts";
import type { PlanningMetrics } from "./planning-metrics.ts";
import { settlePlans } from "./settle-plans.ts";

export interface PendingGroupsDeps extends PlanGroupDeps {
  readonly book: PlanBook;
  readonly metrics: PlanningMetrics;
  readonly log: Log;
}

export interface PendingGroups {
  /** Looks no more; a plan that is being made is dropped. */
  stop(): void;
}

/** So many looks at the pods fit into a quiet time: they cost a pass over all pods each. */
const LOOKS_PER_QUIET_TIME = 2;
/** After a plan so many times as long passes before the next begins: a long rollout leaves most of a core to others. */
const REST_PART = 6;

export function startPendingGroups(deps: PendingGroupsDeps): PendingGroups {
  const { view, assumed, book, clock, metrics, log } = deps;
  const config = deps.config.groupPlan;
  /** When each pending pod was first seen, by UID. */
  let seenAtMs = new Map<string, number>();
  /** Those whose coming has been told of, by UID; and those that a plan had no node for. */
  const [told, tried] = [new Set<string>(), new Set<string>()];
  /** Those of the latter whose peers were not there yet, by UID: they join the plan of whoever comes. */
  const expectant = new Set<string>();
  /** UIDs of pods in the plan that is being made. */
  let deciding: ReadonlySet<string> = new Set();
  let gathering: Gathering = idle;
  /** Nobody is looked for then; where planned pods went is looked at all the time. */
  let isResting = false;
  let isStopped = false;
  let cancelLook: (() => void) | undefined;
  let cancelPlan = () => {};

  function lookSoon(): void {
    cancelLook ??= clock.after(config.quietMs / LOOKS_PER_QUIET_TIME, look);
  }

  function look(): void {
    cancelLook?.();
    cancelLook = undefined;
    if (isStopped || !deps.cluster.hasSynced) return;
    settlePlans(deps);
    if (deciding.size === 0 && !isResting) gather(clock.nowMs());
  }

  function gather(nowMs: number): void {
    const pending = pendingNow(nowMs);
    const news = pending.filter((pod) => needsPlan(pod, nowMs));
    const unheard = news.filter(({ uid }) => !told.has(uid));
    for (const { uid } of unheard) told.add(uid);
    if (news.length === 0 || pending.length < 2) {
      for (const { uid } of news) told.delete(uid);
      gathering = nextGathering(gathering, "emptied", nowMs);
    } else if (unheard.length > 0) gathering = nextGathering(gathering, "came", nowMs);
    planWhenDue();
  }

  function planWhenDue(): void {
    cancelPlan();
    const dueAtMs = planDueAtMs(gathering, config);
    if (dueAtMs !== undefined) cancelPlan = clock.after(Math.max(0, dueAtMs - clock.nowMs()), begin);
  }

  function begin(): void {
    look();
    const nowMs = clock.nowMs();
    const dueAtMs = planDueAtMs(gathering, config);
    if (dueAtMs === undefined || dueAtMs > nowMs) return;
    cancelPlan();
    gathering = nextGathering(gathering, "began", nowMs);
    void plan(groupNow(nowMs), nowMs).finally(() => {
      const endedMs = clock.nowMs();
      gathering = nextGathering(gathering, "ended", endedMs);
      rest(REST_PART * (endedMs - nowMs));
    });
  }

  function rest(restMs: number): void {
    isResting = true;
    // Those that came meanwhile have waited for it.
    const wake = () => {
      isResting = false;
      look();
    };
    if (!isStopped) cancelPlan = clock.after(restMs, wake);
  }

  /** Those that need a plan, and those whose plan they may change, unless these are too many. */
  function groupNow(nowMs: number): readonly Pod[] {
    const pending = pendingNow(nowMs);
    const news = pending.filter((pod) => needsPlan(pod, nowMs));
    const unsettled = withUnsettled(news, pending);
    if (unsettled.length <= config.podsMax) return unsettled;
    return news.sort((a, b) => (podKey(a) < podKey(b) ? -1 : 1)).slice(0, config.podsMax);
  }

  function withUnsettled(news: readonly Pod[], pending: readonly Pod[]): readonly Pod[] {
    const planned = new Map<string, ReadonlyMap<string, number>>();
    for (const pod of pending) {
      const workload = workloadKey(pod.workload);
      const peers = book.get(podKey(pod), pod.uid)?.plan.traffic.get(workload);
      if (peers) planned.set(workload, peers);
    }
    const reached = talkingWith(
      news.map(({ workload }) => workloadKey(workload)),
      planned,
    );
    return pending.filter(({ uid, workload }) => expectant.has(uid) || reached.has(workloadKey(workload)));
  }

  async function plan(pods: readonly Pod[], startedMs: number): Promise<void> {
    // Those that are in no plan yet come again.
    told.clear();
    deciding = new Set(pods.map(({ uid }) => uid));
    const isMember = new Set(pods);
    const goesTo = (pod: Pod) => (isMember.has(pod) ? undefined : book.get(podKey(pod), pod.uid)?.pod.node);
    const outcome = await planGroup(deps, { name: `${pods.length} pods pending together`, pods, goesTo });
    for (const uid of deciding) tried.add(uid);
    for (const pod of pods) {
      const why = outcome.kind === "planned" ? outcome.plan.unplanned.get(podKey(pod)) : outcome.why;
      if (why?.reason === "peers-unplaced") expectant.add(pod.uid);
      else expectant.delete(pod.uid);
    }
    deciding = new Set();
    if (isStopped) return;
    metrics.seconds.observe({ way: "extender" }, (clock.nowMs() - startedMs) / 1000);
    if (outcome.kind === "planned") return takeIn(outcome.plan);
    metrics.plans.inc({ way: "extender", outcome: outcome.why.reason });
    log.debug("pending pods have no plan", { pods: pods.length, ...outcome.why });
  }

  function takeIn(plan: GroupPlan): void {
    book.remember(plan);
    metrics.plans.inc({ way: "extender", outcome: "planned" });
    metrics.plannedPods.inc({ way: "extender" }, plan.pods.size);
    for (const { uid } of plan.pods.values()) tried.delete(uid);
    // Those that kube-scheduler asked about while the plan was made were answered without it.
    for (const [key, { uid }] of plan.pods) {
      const node = view.pods.get(key)?.node ?? assumed.get(key)?.node;
      if (node !== undefined && (assumed.get(key)?.uid ?? uid) === uid) book.land(key, node);
    }
    log.debug("pending pods are planned together", { pods: plan.pods.size, unplanned: plan.unplanned.size });
  }

  function pendingNow(nowMs: number): Pod[] {
    const before = seenAtMs;
    seenAtMs = new Map();
    const pending = view.pods.list().filter(isWaiting);
    for (const { uid } of pending) seenAtMs.set(uid, before.get(uid) ?? nowMs);
    for (const uids of [told, tried, expectant]) for (const uid of uids) if (!seenAtMs.has(uid)) uids.delete(uid);
    return pending.filter((pod) => {
      const isRecent = nowMs - (seenAtMs.get(pod.uid) ?? nowMs) < config.ttlMs;
      return isRecent && assumed.get(podKey(pod))?.uid !== pod.uid;
    });
  }

  function needsPlan(pod: Pod, nowMs: number): boolean {
    if (tried.has(pod.uid) || deciding.has(pod.uid)) return false;
    const entry = book.get(podKey(pod), pod.uid);
    return !entry || entry.isVoid || nowMs - entry.plan.plannedAtMs >= config.ttlMs;
  }

  const unsubscribe = view.pods.subscribe(lookSoon);
  look();
  return {
    stop() {
      isStopped = true;
      cancelLook?.();
      cancelPlan();
      unsubscribe();
    },
  };
}

/** Neither bound nor gated; and not let go by a gate of Weft with a node of its own. */
function isWaiting({ node, isTerminating, isFinished, schedulingGates, annotations }: Pod): boolean {
  if (node !== undefined || isTerminating || isFinished) return false;
  return schedulingGates.length === 0 && annotations[plannedNodeAnnotation] === undefined;
}
