/** The hard limits that are enabled. None of them rejects a node for want of knowledge, or because it failed. */
import type { Log } from "../core/ports/log.ts";
import type { Asked } from "./ask-plugin.ts";
import type { LatencyFilter } from "./latency-filter.ts";
import type { LinkFilter } from "./link-filter.ts";
import type { NodeJudge, Reasons } from "./node-judge.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface JudgeDeps {
  readonly links: LinkFilter;
  readonly latencies: LatencyFilter;
  /** By measured flows alone. */
  readonly ask: (pod: AskedPod, nodeNames: readonly string[]) => Asked;
  /** Undefined until the view has synced. */
  readonly state: () => ClusterState | undefined;
  readonly log: Log;
}

const nothing: Reasons = new Map();

export function enabledJudges(
  deps: JudgeDeps,
  { linkFilter, latencyFilter }: Pick<SchedulerConfig, "linkFilter" | "latencyFilter">,
): readonly NodeJudge[] {
  return [...(linkFilter.isEnabled ? [linkJudge(deps)] : []), ...(latencyFilter.isEnabled ? [latencyJudge(deps)] : [])];
}

function linkJudge({ links, ask, state, log }: JudgeDeps): NodeJudge {
  return {
    name: "link",
    canEvictionHelp: true,
    rejected: guarded(log, (pod, nodeNames) => {
      const [asked, now] = [ask(pod, nodeNames), state()];
      return asked.kind === "neutral" || !now ? nothing : links.rejected(nodeNames, asked.question, now);
    }),
    hopeless: guarded(log, (pod, nodeNames) => {
      const asked = ask(pod, nodeNames);
      return asked.kind === "neutral" ? nothing : links.hopeless(nodeNames, asked.question);
    }),
  };
}

/** Fewer pods make no way shorter. */
function latencyJudge({ latencies, state, log }: JudgeDeps): NodeJudge {
  const rejected = guarded(log, (pod, nodeNames) => {
    const now = state();
    return now ? latencies.rejected(pod, nodeNames, now) : nothing;
  });
  return { name: "latency", canEvictionHelp: false, rejected, hopeless: rejected };
}

function guarded(log: Log, judge: NodeJudge["rejected"]): NodeJudge["rejected"] {
  return (pod, nodeNames) => {
    try {
      return judge(pod, nodeNames);
    } catch (error) {
      log.error("filtering failed", { pod: `${pod.namespace}/${pod.name}`, error });
      return nothing;
    }
  };
}
