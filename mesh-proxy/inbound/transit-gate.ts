import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RouteTable } from "../route/route-table.ts";
import type { Preface } from "../steer/read-preface.ts";
import { transitRefusal } from "./transit-refusal.ts";

/** What holds of the connection holds of its requests: its proof is judged once for each path. */
export class TransitGate {
  private readonly context: ProxyContext;
  private readonly preface: Preface;
  private judged: { readonly spi: number; readonly refusal: string | undefined } | undefined;

  constructor(context: ProxyContext, preface: Preface) {
    this.context = context;
    this.preface = preface;
  }

  refusal(table: RouteTable, hop: HopSeries, spi: number): string | undefined {
    if (this.judged?.spi === spi) return this.judged.refusal;
    const refusal = transitRefusal(this.context, { table, preface: this.preface, hop }, spi);
    this.judged = { spi, refusal };
    return refusal;
  }
}
