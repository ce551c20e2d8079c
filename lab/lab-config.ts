import { z } from "zod";
import { exampleFolder } from "./manifests-folder.ts";

const latencyMs = (fallback: number, meaning: string) =>
  z.number().min(0).max(1000).default(fallback).describe(meaning);

export const placements = ["spread", "netmarks", "locality"] as const;
export type PlacementName = (typeof placements)[number];

/** What `weft lab` can be told. */
export const labConfigSchema = z.strictObject({
  manifests: z.string().min(1).default(exampleFolder).describe("Folder of manifests that describe the cluster."),
  linkLatencyMs: z
    .strictObject({
      rack: latencyMs(0.2, "One way between nodes of a rack, ms."),
      zone: latencyMs(0.5, "One way between racks of a zone, ms."),
      region: latencyMs(2, "One way between zones of a region, ms."),
      other: latencyMs(10, "One way between regions, ms."),
    })
    .prefault({}),
  startTimeoutMs: z.int().min(1000).max(600_000).default(20_000).describe("A placement must be ready within this, ms."),
  loadTimeoutMs: z.int().min(1000).max(600_000).default(60_000).describe("The load must be done within this, ms."),
});

export type LabConfig = z.output<typeof labConfigSchema>;
