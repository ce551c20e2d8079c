import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface SfcMetrics {
  readonly reconciles: Counter<"outcome">;
  readonly reconcileSeconds: Histogram;
  readonly pathWrites: Counter<"action">;
  readonly demandReads: Counter<"outcome">;
  readonly chains: Gauge<"state">;
  readonly outages: Gauge<"namespace" | "chain" | "function" | "effect">;
  readonly rollbacks: Counter;
  readonly refusedRenderings: Gauge;
  readonly pathReads: Counter<"outcome">;
  readonly delayReads: Counter<"outcome">;
  readonly measuredPairs: Gauge;
  readonly measuredGroups: Gauge;
  readonly renewals: Counter<"verdict" | "reason">;
  readonly refusedSplits: Counter;
}

export function createSfcMetrics(registry: Registry): SfcMetrics {
  const registers = [registry];
  return {
    reconciles: new Counter({
      name: "weft_sfc_reconciles_total",
      help: "Looks at the cluster, by outcome: done, or failed at a write and to be repeated.",
      labelNames: ["outcome"],
      registers,
    }),
    reconcileSeconds: new Histogram({
      name: "weft_sfc_reconcile_duration_seconds",
      help: "Time to plan all chains and to write what has to change.",
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10],
      registers,
    }),
    pathWrites: new Counter({
      name: "weft_sfc_path_writes_total",
      help: "Paths created, activated, deactivated and deleted.",
      labelNames: ["action"],
      registers,
    }),
    demandReads: new Counter({
      name: "weft_sfc_demand_reads_total",
      help: "Questions to the scheduler for the chains' demand, by outcome: read or failed.",
      labelNames: ["outcome"],
      registers,
    }),
    // Chains are many, those of which a function is gone are few.
    outages: new Gauge({
      name: "weft_sfc_function_outage_since_seconds",
      help: "Since when a chain's function has no ready instance, in seconds since 1970; its traffic is Bypassed around it, or it is Blocking.",
      labelNames: ["namespace", "chain", "function", "effect"],
      registers,
    }),
    rollbacks: new Counter({
      name: "weft_sfc_rollbacks_total",
      help: "Paths that were taken back because more failed on them than on the ones before.",
      registers,
    }),
    refusedRenderings: new Gauge({
      name: "weft_sfc_refused_renderings",
      help: "Renderings that were taken back and have not worked since; chains' statuses name them.",
      registers,
    }),
    pathReads: new Counter({
      name: "weft_sfc_path_reads_total",
      help: "Questions to the scheduler for how paths fare, by outcome: read or failed.",
      labelNames: ["outcome"],
      registers,
    }),
    delayReads: new Counter({
      name: "weft_sfc_delay_reads_total",
      help: "Questions to the scheduler for how far nodes are from each other, by outcome: read or failed.",
      labelNames: ["outcome"],
      registers,
    }),
    measuredPairs: new Gauge({
      name: "weft_sfc_measured_pairs",
      help: "Pairs of nodes whose round trip was in the last answer.",
      registers,
    }),
    measuredGroups: new Gauge({
      name: "weft_sfc_measured_groups",
      help: "Racks, zones and regions whose latency goes by round trips; 0 where all are as configured.",
      registers,
    }),
    renewals: new Counter({
      name: "weft_sfc_renewal_verdicts_total",
      help: "Verdicts on whether a chain gets a new path, other than the one before: keep or renew, with the reason.",
      labelNames: ["verdict", "reason"],
      registers,
    }),
    refusedSplits: new Counter({
      name: "weft_sfc_refused_splits_total",
      help: "Splits that the checker found wrong; another solver is asked instead.",
      registers,
    }),
    chains: new Gauge({
      name: "weft_sfc_chains",
      help: "Chains by what was found of them: runnable, blocked, idle, rejected.",
      labelNames: ["state"],
      registers,
    }),
  };
}
