/** Whose throughput is compared. */
import { gatedGroups } from "./group-pods.ts";
import {
  type PodShape,
  type RunningSubject,
  type SubjectContext,
  startAlone,
  startGates,
  startMeasuring,
  startUngating,
  startWithConstants,
  startWithWeft,
} from "./start-subject.ts";

export interface Subject {
  readonly name: string;
  readonly title: string;
  /** Names of those that it is compared with. */
  readonly peers?: readonly string[];
  /** They are as they are unless told. */
  readonly shape?: PodShape;
  start(context: SubjectContext): Promise<RunningSubject>;
}

export const subjects: readonly Subject[] = [
  { name: "none", title: "`none`: kube-scheduler alone", start: ({ cluster }) => startAlone(cluster) },
  {
    name: "zeros",
    title: "`zeros`: a bare extender that scores every node 0",
    peers: ["none"],
    start: (context) => startWithConstants(context, "prioritize.yaml"),
  },
  {
    name: "zeros-filter",
    title: "`zeros-filter`: a bare extender that also lets every node pass",
    peers: ["none"],
    start: (context) => startWithConstants(context, "prioritize-and-filter.yaml"),
  },
  {
    name: "weft",
    title: "`weft scheduler`, prioritize",
    peers: ["zeros"],
    start: (context) => startMeasuring(context, "prioritize.yaml"),
  },
  {
    name: "weft-pod-by-pod",
    title: "`weft scheduler`, prioritize, without plans of pending pods",
    peers: ["zeros"],
    start: (context) => startMeasuring(context, "prioritize.yaml", ["--set", "groupPlan.isEnabled=false"]),
  },
  {
    name: "weft-expecting",
    title: "`weft scheduler`, prioritize, nothing measured yet",
    peers: ["zeros"],
    start: (context) => startWithWeft(context, "prioritize.yaml"),
  },
  {
    name: "weft-filter",
    title: "`weft scheduler`, filter and prioritize",
    peers: ["zeros", "zeros-filter"],
    start: (context) => startMeasuring(context, "prioritize-and-filter.yaml"),
  },
  {
    name: "ungating",
    title: "`ungating`: a bare program that takes the gate off each pod, and plans nothing",
    peers: ["none"],
    shape: (pods) => gatedGroups(pods, "preferred"),
    start: startUngating,
  },
  {
    name: "gates",
    title: "groups planned behind the gate, the planned node preferred",
    peers: ["none", "ungating"],
    shape: (pods) => gatedGroups(pods, "preferred"),
    start: startGates,
  },
  {
    name: "gates-required",
    title: "groups planned behind the gate, the planned node required",
    peers: ["none", "ungating"],
    shape: (pods) => gatedGroups(pods, "required"),
    start: startGates,
  },
];
