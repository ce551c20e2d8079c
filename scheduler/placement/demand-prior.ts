/** What is expected of a workload's traffic before any of it has been measured. */
import type { Neighbour } from "../../core/graph/pair-totals.ts";
import { type Expectation, type ExpectedFlow, type PriorOrigin, priorOrigins } from "./expected-flow.ts";

export interface ExpectedNeighbour extends Omit<Neighbour, "lastAtMs"> {
  readonly origin: PriorOrigin;
  /** When it was last measured, if ever. */
  readonly lastAtMs: number | undefined;
}

export interface Expected {
  readonly neighbours: readonly ExpectedNeighbour[];
  /** What was wrong with the words of those who speak. */
  readonly remarks: readonly string[];
}

export const nothingExpected: Expected = { neighbours: [], remarks: [] };

const REMARKS_MAX = 16;

/** Expected flows by who speaks of them. `set` costs O(flows), `of` what it answers. */
export class DemandPrior {
  readonly #origins = new Map<PriorOrigin, Indexed>();

  /** In place of what was expected by that origin before. */
  set(origin: PriorOrigin, expectation: Expectation): void {
    this.#origins.set(origin, indexed(origin, expectation));
  }

  /**
   * Each pair by the first origin that speaks of it.
   *
   * @param instead what counts this once in place of all that these origins say; costs O(its flows).
   */
  of(workload: string, instead: ReadonlyMap<PriorOrigin, Expectation> = new Map()): Expected {
    const neighbours = new Map<string, ExpectedNeighbour>();
    const remarks: string[] = [];
    for (const origin of priorOrigins) {
      const other = instead.get(origin);
      const known = other ? indexed(origin, other) : this.#origins.get(origin);
      for (const [peer, exchange] of known?.neighbours.get(workload) ?? [])
        if (!neighbours.has(peer)) neighbours.set(peer, exchange);
      remarks.push(...(known?.remarks.get(workload) ?? []));
    }
    return { neighbours: [...neighbours.values()], remarks: remarks.slice(0, REMARKS_MAX) };
  }
}

interface Indexed {
  /** By workload and peer. */
  readonly neighbours: ReadonlyMap<string, ReadonlyMap<string, ExpectedNeighbour>>;
  readonly remarks: ReadonlyMap<string, readonly string[]>;
}

function indexed(origin: PriorOrigin, { flows, remarks }: Expectation): Indexed {
  const neighbours = new Map<string, Map<string, ExpectedNeighbour>>();
  for (const flow of flows) {
    add(neighbours, origin, flow);
    // Traffic of a workload with itself is one exchange, not two.
    if (flow.source !== flow.destination) add(neighbours, origin, reversed(flow));
  }
  const byWorkload = new Map<string, string[]>();
  for (const { workloads, text } of remarks)
    for (const workload of workloads) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), text]);
  return { neighbours, remarks: byWorkload };
}

function add(
  neighbours: Map<string, Map<string, ExpectedNeighbour>>,
  origin: PriorOrigin,
  { source, destination, requestBytesPerSecond: sent, responseBytesPerSecond: received, lastAtMs }: ExpectedFlow,
): void {
  const peers = neighbours.get(source) ?? new Map<string, ExpectedNeighbour>();
  neighbours.set(source, peers);
  const known = peers.get(destination);
  const sentBytesPerSecond = (known?.sentBytesPerSecond ?? 0) + sent;
  const receivedBytesPerSecond = (known?.receivedBytesPerSecond ?? 0) + received;
  const bytesPerSecond = sentBytesPerSecond + receivedBytesPerSecond;
  const rates = { bytesPerSecond, sentBytesPerSecond, receivedBytesPerSecond };
  peers.set(destination, { workload: destination, ...rates, origin, lastAtMs: latest(known?.lastAtMs, lastAtMs) });
}

function reversed({ source, destination, ...flow }: ExpectedFlow): ExpectedFlow {
  const { requestBytesPerSecond, responseBytesPerSecond, lastAtMs } = flow;
  return {
    ...{ source: destination, destination: source, lastAtMs },
    requestBytesPerSecond: responseBytesPerSecond,
    responseBytesPerSecond: requestBytesPerSecond,
  };
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
