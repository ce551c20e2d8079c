/** How many pods a second each subject places: they take turns, round after round, on one control plane. */
import type { BenchCluster } from "./bench-cluster.ts";
import { createNodes } from "./bench-nodes.ts";
import { createSlice, exampleWorld, type SliceWorkload } from "./five-g-slices.ts";
import { measuredFlows } from "./measured-flows.ts";
import { type Subject, subjects } from "./subjects.ts";
import { runTurn, type TurnResult } from "./turn.ts";

export interface ThroughputOptions {
  readonly nodeCount: number;
  readonly podCount: number;
  readonly warmUpCount: number;
  readonly rounds: number;
  readonly concurrency: number;
  /** Names; all unless told. */
  readonly subjects?: readonly string[] | undefined;
  readonly profileFolder?: string | undefined;
}

/** By subject's name, one for each round. */
export type Throughput = ReadonlyMap<string, readonly TurnResult[]>;

export async function measureThroughput(
  cluster: BenchCluster,
  options: ThroughputOptions,
  log: (line: string) => void,
): Promise<Throughput> {
  const { nodeCount, podCount, rounds } = options;
  const chosen = chosenSubjects(options);
  const flows = measuredFlows();
  const sliceSize = exampleWorld.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
  const namespaces = Array.from({ length: Math.ceil(podCount / sliceSize) }, (_, index) => `slice-${index + 1}`);
  log(`creating ${nodeCount} nodes and ${namespaces.length} slices`);
  await createNodes(cluster, nodeCount);
  const workloads: SliceWorkload[] = [];
  for (const namespace of namespaces) workloads.push(...(await createSlice(cluster, namespace, flows)));
  const results = new Map<string, TurnResult[]>(chosen.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    // Another one begins each round, so that none always follows the same.
    for (let turn = 0; turn < chosen.length; turn++) {
      const subject = chosen[(round + turn) % chosen.length];
      if (!subject) continue;
      const id = `${round}${String.fromCharCode(97 + turn)}`;
      const result = await runTurn(subject, { ...options, cluster, namespaces, workloads, flows, id });
      results.get(subject.name)?.push(result);
      log(`round ${round + 1} of ${rounds}, ${subject.title}: ${JSON.stringify(rounded(result))}`);
    }
  return results;
}

function chosenSubjects({ subjects: names }: ThroughputOptions): readonly Subject[] {
  const known = subjects.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no subject ${unknown}, only ${known.join(", ")}`);
  return subjects.filter(({ name }) => names === undefined || names.includes(name));
}

function rounded(result: TurnResult): unknown {
  return JSON.parse(JSON.stringify(result), (_, value) =>
    typeof value === "number" ? Number(value.toPrecision(3)) : value,
  );
}
