/** The Services whose load is shared among sites, and whose proxies are asked about them. */
import { proxyMetricsUrl, upstreamsAnnotation } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import { serviceKey } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { isLive, type MeshPod } from "./mesh-pods.ts";
import { parseUpstreams } from "./parse-upstreams.ts";

/** By `namespace/name`, with the live pods that take its load. */
export interface SharedServicePods {
  readonly service: string;
  readonly pods: readonly string[];
}

export function sharedServices(index: MeshIndex | undefined): readonly SharedServicePods[] {
  if (!index) return [];
  return [...index.services.values()]
    .filter(({ sharing }) => sharing?.kind === "parsed")
    .map((service) => ({ service: serviceKey(service), pods: index.splits.endpointPods(service).map(podKey) }));
}

/**
 * URLs of the metrics of live pods that take a shared Service's load, and nobody else's: they count what comes from where. With
 * `withClients` those of pods that dial it too, which measure how far it is.
 */
export function sharedTargets(
  index: MeshIndex | undefined,
  { withClients }: { readonly withClients: boolean },
): readonly string[] {
  const shared = sharedServices(index);
  if (!index || shared.length === 0) return [];
  const servers = shared.flatMap(({ pods }) => pods.flatMap((pod) => index.meshPods.get(pod) ?? []));
  const clients = withClients ? clientsOf(index, new Set(shared.map(({ service }) => service))) : [];
  return [...new Set([...servers, ...clients].map(({ address }) => proxyMetricsUrl(address)))];
}

function clientsOf({ meshPods }: MeshIndex, services: ReadonlySet<string>): readonly MeshPod[] {
  return [...meshPods.values()].filter(isLive).filter(({ annotations, namespace }) => {
    const { requests } = parseUpstreams(annotations[upstreamsAnnotation] ?? "", namespace);
    return requests.some((request) => services.has(`${request.namespace}/${request.service}`));
  });
}
