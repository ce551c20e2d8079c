/** What enters each chain and what its hops carry, from the flows metered along it. */
import type { TrackedFlow } from "./tracked-flow.ts";

export interface ChainDemand {
  readonly chain: string;
  /** Entering the chain's first hop, towards the destination, over all versions of its path. */
  readonly requestBytesPerSecond: number;
  /** Coming back out of it. */
  readonly responseBytesPerSecond: number;
  /** Since the last counter that spoke of any of its hops. */
  readonly ageMs: number;
  /** The entering traffic by where it comes from; adds up to the totals. */
  readonly sources: readonly ChainSource[];
  readonly hops: readonly ChainHopRate[];
}

export interface ChainSource {
  readonly namespace: string;
  readonly workload: string;
  /** Undefined where telemetry does not know it. */
  readonly node: string | undefined;
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
}

export interface ChainHopRate {
  readonly spi: number;
  /** The service index with which the traffic arrived at the hop; the largest one of an SPI is where it enters. */
  readonly hop: number;
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
}

export interface DemandTimes {
  readonly asOfMs: number;
  readonly nowMs: number;
}

export function chainDemands(flows: Iterable<TrackedFlow>, times: DemandTimes): readonly ChainDemand[] {
  const byChain = new Map<string, TrackedFlow[]>();
  for (const flow of flows) {
    if (!flow.hop) continue;
    const members = byChain.get(flow.hop.chain);
    if (members) members.push(flow);
    else byChain.set(flow.hop.chain, [flow]);
  }
  return [...byChain].map(([chain, members]) => demandOf(chain, members, times)).sort(byName);
}

function demandOf(chain: string, members: readonly TrackedFlow[], { asOfMs, nowMs }: DemandTimes): ChainDemand {
  const firstHops = new Map<number, number>();
  for (const { spi, hop } of members.flatMap((flow) => flow.hop ?? []))
    firstHops.set(spi, Math.max(hop, firstHops.get(spi) ?? 0));
  const entering = members.filter(({ hop }) => hop && hop.hop === firstHops.get(hop.spi));
  return {
    chain,
    ...ratesOf(entering, asOfMs),
    ageMs: Math.max(0, nowMs - members.reduce((last, { lastAtMs }) => Math.max(last, lastAtMs), 0)),
    sources: grouped(entering, ({ source }) => `${source.namespace}/${source.workload}/${source.node ?? ""}`).map(
      ([first, group]) => ({
        namespace: first.source.namespace,
        workload: first.source.workload,
        node: first.source.node,
        ...ratesOf(group, asOfMs),
      }),
    ),
    hops: grouped(members, ({ hop }) => `${hop?.spi}/${hop?.hop}`).map(([{ hop }, group]) => ({
      spi: hop?.spi ?? 0,
      hop: hop?.hop ?? 0,
      ...ratesOf(group, asOfMs),
    })),
  };
}

function ratesOf(flows: readonly TrackedFlow[], asOfMs: number) {
  return {
    requestBytesPerSecond: flows.reduce((sum, flow) => sum + flow.requestBytesPerSecond(asOfMs), 0),
    responseBytesPerSecond: flows.reduce((sum, flow) => sum + flow.responseBytesPerSecond(asOfMs), 0),
  };
}

function grouped(
  flows: readonly TrackedFlow[],
  keyOf: (flow: TrackedFlow) => string,
): readonly (readonly [first: TrackedFlow, group: readonly TrackedFlow[]])[] {
  const groups = new Map<string, [TrackedFlow, TrackedFlow[]]>();
  for (const flow of flows) {
    const group = groups.get(keyOf(flow));
    if (group) group[1].push(flow);
    else groups.set(keyOf(flow), [flow, [flow]]);
  }
  return [...groups.values()];
}

function byName(a: ChainDemand, b: ChainDemand): number {
  return a.chain < b.chain ? -1 : 1;
}
