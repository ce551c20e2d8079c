/** Watches paths that have taken over, as long as the one before is there to compare with. */
import type { ServiceFunctionPath } from "../../../core/model/chain.ts";
import type { Trials } from "../../../core/stats/fisher-exact.ts";
import { type ErrorLimits, judgeErrors } from "./judge-errors.ts";

/** How often something was tried on a path of late, and how often it failed. */
export interface PathTrials extends Trials {
  readonly spi: number;
  /** When something new was counted last, by the clock of whoever counts. */
  readonly lastAtMs: number;
}

/** A chain of which one path has just taken over from another. */
export interface WatchedChange {
  readonly chainUid: string;
  readonly active: Pick<ServiceFunctionPath, "spi">;
  readonly before: Pick<ServiceFunctionPath, "spi">;
}

export interface WatchLimits extends ErrorLimits {
  /** So many reports in a row must find it worse, each with something new. */
  readonly readingsMin: number;
}

interface Suspicion {
  readonly spi: number;
  readonly readings: number;
  readonly lastAtMs: number;
  readonly reason: string;
}

/** A path is guilty when several reports in a row have found it worse; one that finds it alike clears it. */
export class PathWatch {
  readonly #limits: WatchLimits;
  /** By the chain's UID. */
  #suspicions: ReadonlyMap<string, Suspicion> = new Map();

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** Takes in one report on all paths. @returns whether some path is to be taken back. O(changes + reports). */
  observe(reports: readonly PathTrials[], changes: readonly WatchedChange[]): boolean {
    const bySpi = new Map(reports.map((report) => [report.spi, report]));
    const next = changes.flatMap((change): [string, Suspicion][] => {
      const suspicion = this.#suspicionOf(change, bySpi);
      return suspicion ? [[change.chainUid, suspicion]] : [];
    });
    this.#suspicions = new Map(next);
    return next.some(([, suspicion]) => this.#isGuilty(suspicion));
  }

  /** Why the chain's path of this SPI is to be taken back; undefined where it is not. */
  verdictOn(chainUid: string, spi: number): string | undefined {
    const suspicion = this.#suspicions.get(chainUid);
    return suspicion?.spi === spi && this.#isGuilty(suspicion) ? suspicion.reason : undefined;
  }

  #suspicionOf({ chainUid, active, before }: WatchedChange, reports: ReadonlyMap<number, PathTrials>) {
    const [now, then] = [reports.get(active.spi), reports.get(before.spi)];
    const known = this.#suspicions.get(chainUid);
    const suspicion = known?.spi === active.spi ? known : undefined;
    // What has been counted already is no second witness.
    if (!now || !then || now.lastAtMs === suspicion?.lastAtMs) return suspicion;
    const { kind, reason } = judgeErrors(now, then, this.#limits);
    if (kind !== "worse") return undefined;
    return { spi: active.spi, readings: (suspicion?.readings ?? 0) + 1, lastAtMs: now.lastAtMs, reason };
  }

  #isGuilty({ readings }: Suspicion): boolean {
    return readings >= this.#limits.readingsMin;
  }
}
