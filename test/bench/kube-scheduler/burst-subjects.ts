/** Whose placements of a burst are compared. */
import { gatedGroups } from "./group-pods.ts";
import {
  type PodShape,
  type RunningSubject,
  type SubjectContext,
  startAlone,
  startGates,
  startWithWeft,
} from "./start-subject.ts";
import { withTrafficAffinity } from "./traffic-affinity.ts";

export interface BurstSubject {
  readonly title: string;
  /** They are as they are unless told. */
  readonly shape?: PodShape;
  /** Weft plans the pods that kube-scheduler has not come to yet: then it may do so before kube-scheduler looks. */
  readonly plansPending?: boolean;
  start(context: SubjectContext): Promise<RunningSubject>;
}

const withoutPlans = ["--set", "groupPlan.isEnabled=false"];

export const burstSubjects: readonly BurstSubject[] = [
  { title: "kube-scheduler alone", start: ({ cluster }) => startAlone(cluster) },
  {
    title: "kube-scheduler alone, preferred pod affinity by traffic",
    shape: (pods, flows) => pods.map((pod) => withTrafficAffinity(pod, flows)),
    start: ({ cluster }) => startAlone(cluster),
  },
  {
    title: "`netmarks`, pod by pod",
    start: (context) => startWithWeft(context, "prioritize.yaml", ["--set", "plugin=netmarks", ...withoutPlans]),
  },
  {
    title: "`locality`, pod by pod",
    start: (context) => startWithWeft(context, "prioritize.yaml", ["--set", "plugin=locality", ...withoutPlans]),
  },
  {
    title: "group plan, by scores",
    plansPending: true,
    start: (context) => startWithWeft(context, "prioritize.yaml"),
  },
  {
    title: "group plan, by filter and scores",
    plansPending: true,
    start: (context) => startWithWeft(context, "prioritize-and-filter.yaml", ["--set", "groupPlan.isFiltering=true"]),
  },
  {
    title: "gates, the planned node preferred",
    shape: (pods) => gatedGroups(pods, "preferred"),
    start: startGates,
  },
  {
    title: "gates, the planned node required",
    shape: (pods) => gatedGroups(pods, "required"),
    start: startGates,
  },
];
