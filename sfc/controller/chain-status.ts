/** What a chain's status says, from what was found and done. */
import type { Measurement } from "../../core/model/chain.ts";
import { type Condition, withCondition } from "../../core/model/condition.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import { chainConditions, predictionOf, type StatusInput } from "./chain-conditions.ts";
import { functionOutages } from "./function-outages.ts";

/** The status that follows `before`; times of transition move only where a condition's status does. */
export function nextStatus(before: ChainStatus | undefined, input: StatusInput, nowMs: number): ChainStatus {
  const { generation: observedGeneration } = input.chain;
  const outages = functionOutages(before?.outages ?? [], input.finding, nowMs);
  const next = chainConditions(input, outages);
  const types = new Set(next.map(({ type }) => type));
  const conditions = next.reduce<readonly Condition[]>(
    (all, condition) => withCondition(all, { ...condition, observedGeneration }, nowMs),
    (before?.conditions ?? []).filter(({ type }) => types.has(type)),
  );
  const { active } = input.paths;
  const prediction = active && predictionOf(active, input);
  const measured = active && measurementOf(input);
  const lists = { outages: someOf(outages), refused: someOf(input.refusals) };
  return { observedGeneration, conditions, spi: active?.spi, prediction, measured, ...lists };
}

function measurementOf({ outlook, latency }: StatusInput): Measurement | undefined {
  return outlook?.measured && (latency ? { ...outlook.measured, latency } : outlook.measured);
}

function someOf<T>(list: readonly T[] = []): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
