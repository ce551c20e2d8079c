/** What a pod with intercepted connections may dial: every TCP port of the Services that the mesh can carry traffic to. */
import { interceptAnnotation, snapshotUpstreamsMax, type Upstream } from "../core/model/mesh-snapshot.ts";
import { isDatagramProtocol, type Service, type ServicePort, serviceKey } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { type UpstreamTo, upstreamTo } from "./upstream-to.ts";

export interface InterceptedUpstreams {
  /** Those that were declared first, in their order. */
  readonly upstreams: readonly Upstream[];
  readonly problems: readonly string[];
}

/**
 * A declared upstream is told its Service's addresses, and the others are added: of the pod's namespace first, then by name, up to the
 * limit. Services without an address or a live pod of the mesh are not there, so that what is dialled at them passes through.
 */
export function interceptedUpstreams(
  index: MeshIndex,
  pod: MeshPod,
  declared: readonly Upstream[],
): InterceptedUpstreams {
  if (pod.annotations[interceptAnnotation] !== "enabled") return { upstreams: declared, problems: [] };
  const upstreams = [...declared];
  const problems: string[] = [];
  let leftOutCount = 0;
  for (const [service, port] of dialledPorts(index, pod)) {
    const where = placeOf(service, port);
    const known = declared.findIndex((upstream) => isFor(upstream, service, port));
    if (known >= 0) {
      upstreams[known] = { ...(upstreams[known] as Upstream), ...where };
      continue;
    }
    const added = upstreamTo(index, pod, service, port);
    if (!isCarried(added)) continue;
    problems.push(...added.problems);
    if (upstreams.length < snapshotUpstreamsMax) upstreams.push({ ...added.upstream, ...where });
    else leftOutCount++;
  }
  if (leftOutCount > 0)
    problems.push(
      `intercept: ${leftOutCount} ports of Services are left out: at most ${snapshotUpstreamsMax} are known, and what is dialled at the others passes through`,
    );
  return { upstreams, problems };
}

function dialledPorts({ services }: MeshIndex, { namespace }: MeshPod): readonly (readonly [Service, ServicePort])[] {
  const isNear = (service: Service) => Number(service.namespace === namespace);
  return [...services.values()]
    .filter(({ addresses, isHeadless }) => addresses !== undefined || isHeadless === true)
    .sort((a, b) => isNear(b) - isNear(a) || (serviceKey(a) < serviceKey(b) ? -1 : 1))
    .flatMap((service) =>
      service.ports.filter(({ protocol }) => !isDatagramProtocol(protocol)).map((port) => [service, port] as const),
    );
}

function placeOf({ addresses, isHeadless }: Service, { isUndeclared }: ServicePort): Partial<Upstream> {
  return {
    ...(addresses && { addresses }),
    ...(isHeadless === true && { isHeadless }),
    ...(isUndeclared === true && { isUndeclared }),
  };
}

function isFor({ namespace, service, port, protocol }: Upstream, to: Service, { port: wanted }: ServicePort): boolean {
  return namespace === to.namespace && service === to.name && port === wanted && !isDatagramProtocol(protocol);
}

/** Also what a chain takes or stops: that must not go past it. */
function isCarried({ upstream: { endpoints, path, matches, rules }, isBlocked }: UpstreamTo): boolean {
  const isSteered = path !== undefined || matches !== undefined || rules !== undefined;
  return endpoints.length > 0 || isSteered || isBlocked;
}
