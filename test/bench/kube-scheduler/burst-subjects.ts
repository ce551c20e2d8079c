/** Whose placements of a burst are compared. */
import type { V1Pod } from "@kubernetes/client-node";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { type RunningSubject, type SubjectContext, startAlone, startWithWeft } from "./start-subject.ts";
import { withTrafficAffinity } from "./traffic-affinity.ts";

export interface BurstSubject {
  readonly title: string;
  /** Why it cannot be measured, if so. */
  readonly missing?: string;
  /** The pod as this way of scheduling needs it; as it is unless told. */
  readonly shape?: (pod: V1Pod, flows: TrafficProfile) => V1Pod;
  start(context: SubjectContext): Promise<RunningSubject>;
}

export const burstSubjects: readonly BurstSubject[] = [
  { title: "kube-scheduler alone", start: ({ cluster }) => startAlone(cluster) },
  {
    title: "kube-scheduler alone, preferred pod affinity by traffic",
    shape: withTrafficAffinity,
    start: ({ cluster }) => startAlone(cluster),
  },
  {
    title: "`netmarks` as the extender",
    start: (context) => startWithWeft(context, "prioritize.yaml", ["--set", "plugin=netmarks"]),
  },
  {
    title: "`locality`, pod by pod",
    start: (context) => startWithWeft(context, "prioritize.yaml", ["--set", "plugin=locality"]),
  },
];
