/** Adds flows up by pairs of workloads, and by workload and peer. */
import type { Flow, FlowEnd } from "../model/flow.ts";
import type { TrackedFlow } from "./tracked-flow.ts";

/** What one workload exchanges with another, whoever opens the connections. */
export interface Neighbour {
  /** The peer's workload key. */
  readonly workload: string;
  /** Both directions together. */
  readonly bytesPerSecond: number;
  /** From the workload asked about to the peer. */
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** The last counter that spoke of it. */
  readonly lastAtMs: number;
}

export type PairFlow = Omit<Flow, "ageMs"> & { readonly lastAtMs: number };

/** In the order of the workloads' keys, whatever the order of the flows: who adds up further gets the same sums everywhere. */
export interface PairTotals {
  readonly pairs: readonly PairFlow[];
  readonly neighbours: ReadonlyMap<string, readonly Neighbour[]>;
}

export function pairTotals(flows: Iterable<TrackedFlow>, asOfMs: number): PairTotals {
  const pairs = new Map<string, PairSum>();
  for (const flow of flows) {
    const sum = pairs.get(flow.pairKey) ?? newPair(flow);
    pairs.set(flow.pairKey, sum);
    sum.requestBytesPerSecond += flow.requestBytesPerSecond(asOfMs);
    sum.responseBytesPerSecond += flow.responseBytesPerSecond(asOfMs);
    sum.lastAtMs = Math.max(sum.lastAtMs, flow.lastAtMs);
  }
  const sorted = [...pairs].sort(byKey).map(([, sum]) => sum);
  return { pairs: sorted.map(pairFlow), neighbours: neighboursByWorkload(sorted) };
}

interface PairSum {
  readonly first: TrackedFlow;
  requestBytesPerSecond: number;
  responseBytesPerSecond: number;
  lastAtMs: number;
}

function newPair(first: TrackedFlow): PairSum {
  return { first, requestBytesPerSecond: 0, responseBytesPerSecond: 0, lastAtMs: 0 };
}

function pairFlow({ first, ...sums }: PairSum): PairFlow {
  return { source: workloadEnd(first.source), destination: workloadEnd(first.destination), ...sums };
}

function workloadEnd({ namespace, workload }: FlowEnd): FlowEnd {
  return { namespace, workload };
}

function neighboursByWorkload(pairs: Iterable<PairSum>): Map<string, readonly Neighbour[]> {
  const byWorkload = new Map<string, Map<string, Exchange>>();
  for (const { first, requestBytesPerSecond, responseBytesPerSecond, lastAtMs } of pairs) {
    const { sourceKey, destinationKey } = first;
    const news = { sent: requestBytesPerSecond, received: responseBytesPerSecond, lastAtMs };
    add(byWorkload, { workload: sourceKey, peer: destinationKey, ...news });
    // Traffic of a workload with itself is one exchange, not two.
    if (sourceKey === destinationKey) continue;
    const back = { sent: responseBytesPerSecond, received: requestBytesPerSecond, lastAtMs };
    add(byWorkload, { workload: destinationKey, peer: sourceKey, ...back });
  }
  return new Map([...byWorkload].map(([workload, peers]) => [workload, [...peers].sort(byKey).map(neighbour)]));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

interface Exchange {
  sent: number;
  received: number;
  lastAtMs: number;
}

interface ExchangeNews extends Exchange {
  readonly workload: string;
  readonly peer: string;
}

function add(byWorkload: Map<string, Map<string, Exchange>>, news: ExchangeNews): void {
  const peers = byWorkload.get(news.workload) ?? new Map<string, Exchange>();
  byWorkload.set(news.workload, peers);
  const exchange = peers.get(news.peer) ?? { sent: 0, received: 0, lastAtMs: 0 };
  peers.set(news.peer, exchange);
  exchange.sent += news.sent;
  exchange.received += news.received;
  exchange.lastAtMs = Math.max(exchange.lastAtMs, news.lastAtMs);
}

function neighbour([workload, { sent, received, lastAtMs }]: [string, Exchange]): Neighbour {
  const bytesPerSecond = sent + received;
  return { workload, bytesPerSecond, sentBytesPerSecond: sent, receivedBytesPerSecond: received, lastAtMs };
}
