import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ProxyBook } from "./proxy-book.ts";

export interface ControlMetrics {
  readonly registry: Registry;
  readonly snapshotsSent: Counter;
  readonly snapshotsRejected: Counter;
  readonly stalls: Counter;
  readonly buildSeconds: Histogram;
  readonly siteReads: Counter;
}

/** The gauges are read from `book` at each scrape. */
export function createControlMetrics(registry: Registry, book: ProxyBook): ControlMetrics {
  const registers = [registry];
  new Gauge({
    name: "weft_control_connected_proxies",
    help: "Proxies with an open snapshot stream.",
    registers,
    collect() {
      this.set([...book.records].filter(({ stream }) => stream).length);
    },
  });
  new Gauge({
    name: "weft_control_problems",
    help: "Entries of annotations and paths that are left out of connected proxies' snapshots; /v1/proxies names them.",
    registers,
    collect() {
      const connected = [...book.records].filter(({ stream }) => stream);
      this.set(connected.reduce((sum, { problems }) => sum + problems.length, 0));
    },
  });
  return {
    registry,
    snapshotsSent: new Counter({
      name: "weft_control_snapshots_sent_total",
      help: "Snapshots sent to proxies.",
      registers,
    }),
    snapshotsRejected: new Counter({
      name: "weft_control_snapshots_rejected_total",
      help: "Reports of proxies that rejected a snapshot.",
      registers,
    }),
    stalls: new Counter({
      name: "weft_control_stalled_streams_total",
      help: "Streams cut because the proxy took nothing for stallMsMax.",
      registers,
    }),
    siteReads: new Counter({
      name: "weft_control_site_reads_total",
      help: "Readings of the load of Services that are shared among sites, by outcome: read, failed.",
      labelNames: ["outcome"],
      registers,
    }),
    buildSeconds: new Histogram({
      name: "weft_control_build_duration_seconds",
      help: "Time to index the cluster and build the snapshots of all connected proxies after a change.",
      buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
  };
}
