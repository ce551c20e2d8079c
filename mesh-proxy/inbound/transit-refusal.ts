import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RouteTable } from "../route/route-table.ts";
import type { Preface } from "../steer/read-preface.ts";
import { judgeTransit } from "../steer/sign-transit.ts";

/**
 * Whether what arrives at the destination came by every function of its path, counted at `hop`.
 * @returns why it is refused; undefined where it goes on, which is everywhere but on paths whose proofs are asked for
 */
export function transitRefusal(
  { log }: ProxyContext,
  { table, preface, hop }: { readonly table: RouteTable; readonly preface: Preface; readonly hop: HopSeries },
  spi: number,
): string | undefined {
  const proof = table.proofOn(spi);
  if (proof === undefined) return undefined;
  const { source, tlvs } = preface;
  const { verdict, missing } = judgeTransit(tlvs.proof, proof, { spi, source });
  hop.countProof(verdict);
  if (verdict === "proved" || verdict === "bypassed") return undefined;
  const lacks = missing.length === 0 ? "" : `: index ${missing.join(", ")} did not sign`;
  log.debug("a flow does not prove its way", { spi, verdict, missing, source });
  return proof.mode === "Refuse" ? `the proof of transit on path ${spi} is ${verdict}${lacks}` : undefined;
}
