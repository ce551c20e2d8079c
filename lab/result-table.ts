/** The lab's findings as a table for people. */
import type { PlacementName } from "./lab-config.ts";
import { tableText } from "./table-text.ts";

export interface PlacementResult {
  readonly placement: PlacementName;
  /** Metered between proxies while the load ran, both directions. */
  readonly totalBytes: number;
  readonly interNodeBytes: number;
  /** Procedures and user-plane requests of the load. */
  readonly requests: RequestTotals;
  /** Pods that stand on another node than under the first placement. */
  readonly moves: number;
  readonly chains: readonly ChainResult[];
}

export interface RequestTotals {
  readonly count: number;
  readonly failed: number;
  /** Of those that succeeded. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ChainResult {
  readonly chain: string;
  /** Of the busiest link or instance, as the solver predicts it for the demand. */
  readonly maxUtilisation: number;
  /** No split can do better. */
  readonly lowerBound: number;
}

const headings = [
  "placement",
  "inter-node",
  "share",
  "vs spread",
  "p50",
  "p99",
  "failed",
  "moves",
  "chain utilisation",
];

export function resultTable(results: readonly PlacementResult[]): string {
  const baseline = results[0]?.interNodeBytes ?? 0;
  return tableText([headings, ...results.map((result) => rowOf(result, baseline))], [0, headings.length - 1]);
}

function rowOf(result: PlacementResult, baselineBytes: number): readonly string[] {
  const { totalBytes, interNodeBytes, requests, moves, chains } = result;
  return [
    result.placement,
    `${(interNodeBytes / 1e6).toFixed(2)} MB`,
    percent(interNodeBytes / totalBytes),
    percent(interNodeBytes / baselineBytes),
    `${requests.p50Ms.toFixed(1)} ms`,
    `${requests.p99Ms.toFixed(1)} ms`,
    `${requests.failed}/${requests.count}`,
    String(moves),
    chains.map(chainText).join(", "),
  ];
}

function chainText({ chain, maxUtilisation, lowerBound }: ChainResult): string {
  return `${chain} ${maxUtilisation.toFixed(4)} (optimum >= ${lowerBound.toFixed(4)})`;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "-";
}
