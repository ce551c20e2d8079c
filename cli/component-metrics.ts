/** What every component that watches a cluster says of its process and of its copy of the cluster. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Clock } from "../core/ports/clock.ts";
import type { ReflectorStats } from "../platform/kubernetes/reflector-stats.ts";
import { createRegistry } from "../platform/prometheus/registry.ts";

/** The part of a cluster view that is measured. */
export interface MeasuredView {
  /** By kind. */
  stats(): Readonly<Record<string, ReflectorStats>>;
}

/** Everything is read from the view when it is asked for. */
export function componentRegistry(component: string, view: MeasuredView, clock: Clock): Registry {
  const registry = createRegistry({ component, version: "0.1.0", hasProcessMetrics: true });
  gauge(registry, view, {
    name: "weft_kubernetes_objects",
    help: "Objects of the API server that are known, readable or not, by kind.",
    read: ({ objects }) => objects,
  });
  gauge(registry, view, {
    name: "weft_kubernetes_unreadable_objects",
    help: "Objects that cannot be read as they are now, whose last good version counts; the log has the field and the reason.",
    read: ({ malformed }) => malformed,
  });
  gauge(registry, view, {
    name: "weft_kubernetes_silence_seconds",
    help: "Since the last list, event or bookmark of a kind; NaN before the first list.",
    read: ({ lastEventAtMs }) => (clock.nowMs() - (lastEventAtMs ?? Number.NaN)) / 1000,
  });
  declareRestarts(registry, view);
  return registry;
}

interface ViewGauge {
  readonly name: string;
  readonly help: string;
  read(stats: ReflectorStats): number;
}

function gauge(registry: Registry, view: MeasuredView, { name, help, read }: ViewGauge): void {
  new Gauge({
    name,
    help,
    labelNames: ["kind"],
    registers: [registry],
    collect() {
      for (const [kind, stats] of Object.entries(view.stats())) this.set({ kind }, read(stats));
    },
  });
}

function declareRestarts(registry: Registry, view: MeasuredView): void {
  new Counter({
    name: "weft_kubernetes_watch_restarts_total",
    help: "How often listing or watching began anew, by kind and reason; ended is the rule.",
    labelNames: ["kind", "reason"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, { restarts }] of Object.entries(view.stats()))
        for (const [reason, count] of Object.entries(restarts)) this.inc({ kind, reason }, count);
    },
  });
}
