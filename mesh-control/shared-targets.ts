/** Whose proxies are asked about Services whose load is shared among sites. */
import { proxyMetricsUrl, upstreamsAnnotation } from "../core/model/mesh-snapshot.ts";
import { type Service, serviceKey } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { isLive, type MeshPod } from "./mesh-pods.ts";
import { parseUpstreams } from "./parse-upstreams.ts";

/**
 * URLs of the metrics of live pods that take a shared Service's load, and nobody else's: they count what comes from where. With
 * `withClients` those of pods that dial it too, which measure how far it is.
 */
export function sharedTargets(
  index: MeshIndex | undefined,
  { withClients }: { withClients: boolean },
): readonly string[] {
  if (!index) return [];
  const shared = [...index.services.values()].filter(({ sharing }) => sharing?.kind === "parsed");
  if (shared.length === 0) return [];
  const servers = shared.flatMap((service) => index.splits.endpointPods(service));
  const clients = withClients ? clientsOf(index, shared) : [];
  return [...new Set([...servers, ...clients].map(({ address }) => proxyMetricsUrl(address)))];
}

function clientsOf(index: MeshIndex, services: readonly Service[]): readonly MeshPod[] {
  const wanted = new Set(services.map(serviceKey));
  return [...index.meshPods.values()].filter(isLive).filter(({ annotations, namespace }) => {
    const { requests } = parseUpstreams(annotations[upstreamsAnnotation] ?? "", namespace);
    return requests.some((request) => wanted.has(`${request.namespace}/${request.service}`));
  });
}
