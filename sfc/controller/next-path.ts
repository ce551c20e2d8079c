import type { ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import type { Rendering } from "./choose-renderings.ts";
import type { ChainFinding } from "./examine-chain.ts";
import type { ChainPaths } from "./path-lifecycle.ts";
import type { PathMemory } from "./path-memory.ts";
import { blockedHops } from "./render-chain.ts";

export interface NextPathInput {
  readonly chain: ServiceFunctionChain;
  readonly finding: ChainFinding;
  readonly own: ChainPaths;
  readonly rendering: Rendering | undefined;
}

/** A path that blocks is made only where there is none: otherwise the last good one stays, whose proxies block by themselves. */
export function nextPath(
  { chain, finding, own, rendering }: NextPathInput,
  memory: PathMemory,
  taken: Set<number>,
): ServiceFunctionPath | undefined {
  const isFirst = !own.active && !own.pending;
  const blocked =
    finding.kind === "blocked" && isFirst
      ? { hops: blockedHops(finding.functions.map(({ name }) => name)), prediction: noPrediction }
      : undefined;
  const renewed =
    rendering?.kind === "renew" ? { hops: rendering.hops, prediction: rendering.outlook.prediction } : undefined;
  const content = renewed ?? blocked;
  const spi = content && memory.allocateSpi(taken);
  if (!content || spi === undefined) return undefined;
  taken.add(spi);
  return {
    namespace: chain.namespace,
    name: `${chain.name.slice(0, CHAIN_NAME_LENGTH_MAX).replace(/[^a-z0-9]+$/, "")}-${spi}`,
    chain: chain.name,
    chainGeneration: chain.generation,
    spi,
    isActive: false,
    isSymmetric: chain.isSymmetric,
    hops: content.hops,
    prediction: content.prediction,
  };
}

/** Leaves room for the SPI within a name's 253 characters. */
const CHAIN_NAME_LENGTH_MAX = 240;
const noPrediction = { maxUtilisation: 0, lowerBound: 0, demandBytesPerSecond: 0 };
