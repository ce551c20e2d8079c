/** What was timed of a path, in the words of its chain's status, and what that makes of its slowest way. */
import type { PathLatency, ServiceFunction, ServiceFunctionPath } from "../../../core/model/chain.ts";
import type { PathTiming } from "./path-times.ts";

/** Hops that the path does not have are left out: another path may have had its SPI. */
export function pathLatency({ hops }: ServiceFunctionPath, { answerMs, hops: timed }: PathTiming): PathLatency {
  const named = new Map(hops.map((hop) => [hop.serviceIndex, hop.function]));
  return {
    answerMs: rounded(answerMs),
    hops: timed
      .filter(({ serviceIndex }) => named.has(serviceIndex))
      .map((hop) => ({
        serviceIndex: hop.serviceIndex,
        function: named.get(hop.serviceIndex),
        functionMs: rounded(hop.functionMs),
        answerMs: rounded(hop.answerMs),
      })),
  };
}

/**
 * The slowest way with what functions were measured to take in place of what is declared of them, as far as they were; undefined
 * where none was. One that only gets a copy holds nobody up.
 */
export function measuredWayMs(
  predictedMs: number,
  functions: readonly ServiceFunction[],
  { hops }: PathLatency,
): number | undefined {
  const onTheWay = functions.filter(({ mode }) => mode !== "Tap");
  const declared = new Map(onTheWay.map(({ name, processingDelayMs }) => [name, processingDelayMs]));
  const differences = hops.flatMap(({ function: name = "", functionMs }) => {
    const declaredMs = declared.get(name);
    return declaredMs === undefined || functionMs === undefined ? [] : [functionMs - declaredMs];
  });
  return differences.length > 0 ? differences.reduce((sum, ms) => sum + ms, predictedMs) : undefined;
}

/** To three digits, which is finer than it is steady. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Number(ms.toPrecision(3));
}
