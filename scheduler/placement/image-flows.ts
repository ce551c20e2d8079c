/** What new workloads will exchange, going by what their images did before under other names. */
import type { Expectation, ExpectedFlow } from "./expected-flow.ts";
import { type FormerImage, type FormerImages, predecessors, type RunningImages } from "./image-predecessors.ts";
import type { LearnedFlow } from "./learned-flows.ts";

/** More flows than this are not expected. */
const FLOWS_MAX = 20_000;

/**
 * The flows of each new workload's predecessor, with the new one in its place. Peers stay the same; a peer that is gone is its own
 * successor, if it has one. A predecessor in another namespace lends its peers there by their names only: what has the same name in
 * the new one's namespace is meant. O(flows + workloads).
 */
export function imageFlows(learned: readonly LearnedFlow[], running: RunningImages): Expectation {
  if (learned.length === 0) return { flows: [], remarks: [] };
  const { of, remarks } = predecessors(running, formerImages(learned));
  const successors = Map.groupBy(of.keys(), (workload) => of.get(workload) ?? "");
  if (successors.size === 0) return { flows: [], remarks };
  const flows = learned.flatMap((flow) => succeeding(flow, { successors, running }));
  return { flows: flows.slice(0, FLOWS_MAX), remarks };
}

function formerImages(learned: readonly LearnedFlow[]): FormerImages {
  const former = new Map<string, FormerImage>();
  const see = (workload: string, image: string | undefined, lastAtMs: number) =>
    former.set(workload, { image: image ?? former.get(workload)?.image ?? "", lastAtMs });
  for (const flow of [...learned].sort((a, b) => a.lastAtMs - b.lastAtMs)) {
    see(flow.source, flow.sourceImage, flow.lastAtMs);
    see(flow.destination, flow.destinationImage, flow.lastAtMs);
  }
  return former;
}

interface Succession {
  /** By the old one's key, the new ones. */
  readonly successors: ReadonlyMap<string, readonly string[]>;
  readonly running: RunningImages;
}

/** The flow as each of those that take over an end of it will have it. */
function succeeding(flow: LearnedFlow, succession: Succession): readonly ExpectedFlow[] {
  const { source, destination, requestBytesPerSecond, responseBytesPerSecond, lastAtMs } = flow;
  const { successors } = succession;
  const pairs = new Map<string, readonly [string, string]>();
  const add = (from: string, to: string) => pairs.set(`${from}>${to}`, [from, to]);
  for (const from of successors.get(source) ?? [])
    for (const to of peersOf(from, { old: source, peer: destination }, succession)) add(from, to);
  for (const to of successors.get(destination) ?? [])
    for (const from of peersOf(to, { old: destination, peer: source }, succession)) add(from, to);
  const rates = { requestBytesPerSecond, responseBytesPerSecond, lastAtMs };
  return [...pairs.values()].map(([from, to]) => ({ source: from, destination: to, ...rates }));
}

interface OldPair {
  readonly old: string;
  readonly peer: string;
}

/** Whom the new one will talk to in place of the old one's peer. */
function peersOf(workload: string, { old, peer }: OldPair, { successors, running }: Succession): readonly string[] {
  if (peer === old) return [workload];
  const [namespace, oldNamespace] = [namespaceOf(workload), namespaceOf(old)];
  if (namespace !== oldNamespace && namespaceOf(peer) === oldNamespace) {
    const counterpart = namespace + peer.slice(oldNamespace.length);
    return running.has(counterpart) ? [counterpart] : [];
  }
  if (running.has(peer)) return [peer];
  return successors.get(peer)?.filter((each) => namespaceOf(each) === namespaceOf(peer)) ?? [peer];
}

function namespaceOf(workload: string): string {
  return workload.slice(0, workload.indexOf("/"));
}
