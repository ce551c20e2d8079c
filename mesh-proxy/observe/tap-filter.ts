/** Which of what passes a proxy somebody wants to see. */
import type { TrafficLabels } from "../meter/traffic-series.ts";
import type { Observed } from "./observation.ts";

/** All that is given must hold. What is about requests holds of no connection and no session. */
export interface TapFilter {
  readonly method?: string | undefined;
  /** How the path begins, as it came. */
  readonly path?: string | undefined;
  /** Without its port, in any case. */
  readonly host?: string | undefined;
  /** `404`, or `5xx` for a class. */
  readonly status?: string | undefined;
  /** A pod (`name` or `namespace/name`), its workload, or the client's address. */
  readonly source?: string | undefined;
  /** A pod, its workload or a Service; each as `name` or `namespace/name`. */
  readonly destination?: string | undefined;
  readonly chain?: string | undefined;
}

export function matchesTap(filter: TapFilter, { observation, labels, statusCode }: Observed): boolean {
  const { text, facts } = observation;
  if (filter.chain !== undefined && labels.weft_chain !== filter.chain) return false;
  if (filter.source !== undefined && !isSource(filter.source, labels, facts.client?.address)) return false;
  if (filter.destination !== undefined && !isDestination(filter.destination, labels)) return false;
  if (filter.status !== undefined && !isStatus(filter.status, statusCode)) return false;
  if (filter.method !== undefined && text?.method !== filter.method) return false;
  if (filter.path !== undefined && text?.path.startsWith(filter.path) !== true) return false;
  return filter.host === undefined || (text !== undefined && hostOf(text.authority) === hostOf(filter.host));
}

function isSource(wanted: string, labels: TrafficLabels, address: string | undefined): boolean {
  const { source_workload_namespace: namespace, source_pod, source_workload } = labels;
  return wanted === address || isNamed(wanted, namespace, [source_pod, source_workload]);
}

function isDestination(wanted: string, labels: TrafficLabels): boolean {
  const { destination_workload_namespace: namespace, destination_pod, destination_workload } = labels;
  return (
    isNamed(wanted, namespace, [destination_pod, destination_workload]) ||
    isNamed(wanted, labels.destination_service_namespace, [labels.destination_service_name])
  );
}

function isNamed(wanted: string, namespace: string, names: readonly string[]): boolean {
  return names.some((name) => wanted === name || wanted === `${namespace}/${name}`);
}

function isStatus(wanted: string, statusCode: number): boolean {
  return wanted.endsWith("xx") ? wanted[0] === String(Math.floor(statusCode / 100)) : wanted === String(statusCode);
}

function hostOf(authority: string): string {
  const end = authority.lastIndexOf(":");
  const hasPort = end > authority.lastIndexOf("]");
  return (hasPort ? authority.slice(0, end) : authority).toLowerCase();
}
