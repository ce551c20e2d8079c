/** Who the simulated UEs are and when they come. */
import { createHmac } from "node:crypto";
import type { MilenageKey } from "../aka/milenage.ts";
import { type Plmn, suciOf } from "../aka/subscriber-identity.ts";
import { subscriberKey } from "../aka/subscriber-key.ts";

export interface UeRange {
  readonly plmn: Plmn;
  /** MSIN of the first UE. */
  readonly firstMsin: number;
  /** UEs there are; after the last, the first comes again. */
  readonly count: number;
  readonly subscriberSeed: string;
}

export interface UeIdentity {
  readonly supi: string;
  readonly suci: string;
  readonly key: MilenageKey;
}

/** Ranges a seed can choose from; the default UDR has subscribers for all of them. */
const rangesMax = 999;

/** The first MSIN of a range that the seed chooses, so that two gNBs rarely bring the same UEs. */
export function firstMsinOf(seed: string, count: number): number {
  const range = createHmac("sha256", seed).update("msin").digest().readUInt32BE(0) % rangesMax;
  return range * Math.min(count, 1000);
}

/** The UE that the n-th arrival is. */
export function ueIdentity({ plmn, firstMsin, count, subscriberSeed }: UeRange, n: number): UeIdentity {
  const digits = 15 - plmn.mcc.length - plmn.mnc.length;
  const msin = String(firstMsin + (n % count)).padStart(digits, "0");
  const supi = `imsi-${plmn.mcc}${plmn.mnc}${msin}`;
  return { supi, suci: suciOf(plmn, msin), key: subscriberKey(subscriberSeed, supi) };
}

export interface ArrivalPlan {
  readonly arrivalsPerSecond: number;
  /** Arrivals in all; undefined: no end. */
  readonly ueCount: number | undefined;
  /** Time in which UEs arrive; undefined: no end. */
  readonly durationMs: number | undefined;
}

/**
 * Arrivals that should have happened `elapsedMs` after the start: the load is open, it does not wait for answers. The
 * first comes at once.
 */
export function arrivalsBy({ arrivalsPerSecond, ueCount, durationMs }: ArrivalPlan, elapsedMs: number): number {
  const withinMs = Math.min(elapsedMs, durationMs ?? elapsedMs);
  const due = Math.floor((withinMs * arrivalsPerSecond) / 1000) + 1;
  return Math.min(due, ueCount ?? due);
}

/** True when no further UE will arrive. */
export function isOver({ ueCount, durationMs }: ArrivalPlan, elapsedMs: number, arrived: number): boolean {
  return arrived >= (ueCount ?? Number.POSITIVE_INFINITY) || elapsedMs >= (durationMs ?? Number.POSITIVE_INFINITY);
}

/** Whether a body is the object asked for: to the byte, or with only the whitespace gone. */
export function compareBody(body: Buffer, expected: string): "identical" | "minified" | "different" {
  const text = body.toString("utf8");
  if (text === expected) return "identical";
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(expected)) ? "minified" : "different";
  } catch {
    return "different";
  }
}
