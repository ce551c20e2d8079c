import type { Upstream } from "../core/model/mesh-snapshot.ts";
import type { Service, ServicePort } from "../core/model/service.ts";
import { classify } from "./classify.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { serviceEndpoints } from "./service-endpoints.ts";
import { serviceRules } from "./service-routes.ts";
import { trafficOf } from "./service-traffic.ts";

export interface UpstreamTo {
  readonly upstream: Upstream;
  readonly problems: readonly string[];
  /** A chain takes all of it, and stops it. */
  readonly isBlocked: boolean;
}

/** Where a pod's traffic to a Service's port goes. What a chain blocks has nowhere to go, so its upstream has no endpoints. */
export function upstreamTo(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): UpstreamTo {
  const { classification, matches, problems } = classify(index, pod, service, port);
  const routed = serviceRules(index, pod, service, port);
  const upstream = {
    namespace: service.namespace,
    service: service.name,
    port: port.port,
    protocol: port.protocol,
    endpoints: classification.kind === "blocked" ? [] : serviceEndpoints(index, pod, service, port),
    ...(service.balancing?.kind === "parsed" ? { balancing: service.balancing.value } : {}),
    ...trafficOf(service),
    ...(classification.kind === "path" ? { path: classification.path } : {}),
    ...(matches.length > 0 ? { matches } : {}),
    ...(routed.rules.length > 0 ? { rules: routed.rules } : {}),
  };
  return { upstream, problems: [...problems, ...routed.problems], isBlocked: classification.kind === "blocked" };
}
