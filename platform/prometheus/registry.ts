/** Where a component's own metrics are declared: a registry with its name, and what every process should say of itself. */
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

export interface RegistryOptions {
  /** The component, as on `weft_build_info`. */
  readonly component: string;
  readonly version: string;
  /** CPU, memory, event loop and garbage collection of this process; only one registry of a process needs them. */
  readonly hasProcessMetrics?: boolean;
}

/**
 * Metrics are declared beside the code that changes them, on a registry that is handed in. Their names are
 * `weft_COMPONENT_what_unit`, in seconds and bytes; counters end in `_total`, and labels have few values, all known beforehand.
 */
export function createRegistry({ component, version, hasProcessMetrics = false }: RegistryOptions): Registry {
  const registry = new Registry();
  new Gauge({
    name: "weft_build_info",
    help: "Always 1; the labels say which component of which version this is.",
    labelNames: ["component", "version"],
    registers: [registry],
  }).set({ component, version }, 1);
  if (hasProcessMetrics) collectDefaultMetrics({ register: registry });
  return registry;
}

/** Buckets for answers that take from 50 microseconds to seconds, three a decade. */
export const latencyBucketsSeconds: readonly number[] = [
  0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
];
