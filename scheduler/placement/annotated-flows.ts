/** What workloads say of themselves by `weft.dev/talks-to`. */
import type { Service } from "../../core/model/service.ts";
import type { Expectation, ExpectedFlow, Remark } from "./expected-flow.ts";
import { type TalksToEntry, talksToAnnotation } from "./talks-to.ts";
import type { WorkloadSample, WorkloadSamples } from "./workload-samples.ts";

export interface NameContext {
  readonly samples: WorkloadSamples;
  readonly serviceOf: (key: string) => Service | undefined;
}

export type Annotated = Pick<WorkloadSample, "workload" | "talking">;

/** Traffic to a Service is shared out evenly over the workloads behind it. A name that nobody has yet is a workload's to come. */
export function annotatedFlows(annotated: Iterable<Annotated>, context: NameContext): Expectation {
  const flows: ExpectedFlow[] = [];
  const remarks: Remark[] = [];
  for (const { workload, talking } of annotated) {
    if (!talking) continue;
    const remark = (text: string) => remarks.push({ workloads: [workload], text: `${talksToAnnotation}: ${text}` });
    for (const error of talking.errors) remark(error);
    for (const entry of talking.entries) {
      const peers = context.samples.named(entry.namespace, entry.name, context.serviceOf);
      if (peers.length === 0) remark(`${entry.name}.${entry.namespace} is no workload or Service with pods yet`);
      flows.push(...flowsTo(workload, peers, entry));
    }
  }
  return { flows, remarks };
}

function flowsTo(source: string, peers: readonly string[], entry: TalksToEntry): readonly ExpectedFlow[] {
  const keys = peers.length > 0 ? peers : [`${entry.namespace}/${entry.name}`];
  const requestBytesPerSecond = entry.bytesPerSecond / keys.length;
  return keys.map((destination) => ({ source, destination, requestBytesPerSecond, responseBytesPerSecond: 0 }));
}
