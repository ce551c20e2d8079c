import { Counter, type Registry } from "prom-client";
import { forEachBounded } from "../../core/model/for-each-bounded.ts";
import { fetchReasonOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";
import type { Log } from "../../core/ports/log.ts";
import { type ParsedExposition, parseExposition, type Sample } from "./parse-exposition.ts";
import { readBounded } from "./read-bounded.ts";
import { isReadMetric, ReadingSeries } from "./reading-series.ts";

export interface ScrapeFlowSourceOptions {
  /** URLs of the `/metrics` to read, asked anew for every reading. */
  readonly targets: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Where `weft_flow_source_*` are declared. */
  readonly registry: Registry;
  /** Targets read at a time; 32 unless told. */
  readonly concurrencyMax?: number;
  /** For one target; 2,000 unless told. */
  readonly timeoutMs?: number;
  /** Of one target's answer; 16 MiB unless told. */
  readonly bodyBytesMax?: number;
  /** Of one reading; 200,000 unless told. */
  readonly countersMax?: number;
}

type TargetOutcome =
  | { readonly kind: "answered"; readonly samples: readonly Sample[] }
  | { readonly kind: "malformed" | "silent"; readonly reason: string };

/** Reads the proxies' own metrics. A target that fails costs only its own counters; it is counted and logged. */
export function createScrapeFlowSource(options: ScrapeFlowSourceOptions): FlowSource {
  const scrapes = new Counter({
    name: "weft_flow_source_scrapes_total",
    help: "Targets scraped for flows, by outcome: answered, malformed (no metrics), silent (no answer).",
    labelNames: ["outcome"],
    registers: [options.registry],
  });
  return {
    name: "scrape",
    async read(signal) {
      const atMs = options.clock.nowMs();
      const targets = [...new Set(options.targets())];
      const series = new ReadingSeries(options.countersMax ?? 200_000);
      const failures: { readonly target: string; readonly kind: "malformed" | "silent"; readonly reason: string }[] =
        [];
      await forEachBounded(targets, options.concurrencyMax ?? 32, async (target) => {
        const outcome = await scrape(target, signal, options);
        signal.throwIfAborted();
        scrapes.inc({ outcome: outcome.kind });
        if (outcome.kind === "answered") for (const sample of outcome.samples) series.add(sample, target);
        else failures.push({ target, ...outcome });
      });
      reportFailures(failures, targets.length, options.log);
      return series.reading(atMs, options.log);
    },
  };
}

async function scrape(target: string, signal: AbortSignal, options: ScrapeFlowSourceOptions): Promise<TargetOutcome> {
  const { timeoutMs = 2000, bodyBytesMax = 16 * 2 ** 20 } = options;
  try {
    const { status, body } = await readBounded({ url: target, signal, timeoutMs, bodyBytesMax });
    if (status !== 200) return { kind: "malformed", reason: `status ${status}` };
    return outcomeOf(parseExposition(body, isReadMetric));
  } catch (error) {
    return { kind: "silent", reason: fetchReasonOf(error) };
  }
}

function outcomeOf(parsed: ParsedExposition): TargetOutcome {
  if (parsed.kind === "parsed") return { kind: "answered", samples: parsed.samples };
  return { kind: "malformed", reason: `line ${parsed.line} ${parsed.reason}` };
}

function reportFailures(
  failures: readonly { readonly target: string; readonly kind: string; readonly reason: string }[],
  targetCount: number,
  log: Log,
): void {
  const [first] = failures;
  if (!first) return;
  const firstFailure = `${first.target}: ${first.reason}`;
  if (failures.length < targetCount) {
    log.debug("some targets gave no flows", { failed: failures.length, targets: targetCount, firstFailure });
    return;
  }
  const isMalformed = failures.some(({ kind }) => kind === "malformed");
  throw new WeftError(
    isMalformed ? "telemetry-malformed" : "telemetry-unavailable",
    `none of ${targetCount} targets gave metrics; ${firstFailure}`,
  );
}
