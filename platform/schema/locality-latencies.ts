/** How far nodes are from each other where nobody has measured it, as components are configured. */
import { z } from "zod";

const latencyMs = (fallback: number, meaning: string) =>
  z.number().positive().max(60_000).default(fallback).describe(meaning);

export const localityLatenciesSchema = z
  .strictObject({
    rack: latencyMs(0.05, "One-way latency between nodes of a rack."),
    zone: latencyMs(0.2, "One-way latency between racks of a zone."),
    region: latencyMs(1, "One-way latency between zones of a region."),
    other: latencyMs(10, "One-way latency between regions, or where nothing is known."),
  })
  .refine(({ rack, zone, region, other }) => rack < zone && zone < region && region < other, {
    error: "must grow from rack over zone and region to other",
  })
  .prefault({});
