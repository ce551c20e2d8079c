/** Whose throughput is compared. */
import type { V1Pod } from "@kubernetes/client-node";
import {
  type RunningSubject,
  type SubjectContext,
  startAlone,
  startMeasuring,
  startWithConstants,
  startWithWeft,
} from "./start-subject.ts";

export interface Subject {
  readonly name: string;
  readonly title: string;
  /** Names of those that it is compared with. */
  readonly peers?: readonly string[];
  /** Why it cannot be measured, if so. */
  readonly missing?: string;
  /** The pod as this way of scheduling needs it; as it is unless told. */
  readonly shape?: (pod: V1Pod) => V1Pod;
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
];
