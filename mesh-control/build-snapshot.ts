/** What one proxy needs to know, out of the indexed cluster. */
import { type MeshSnapshot, type Upstream, upstreamsAnnotation } from "../core/model/mesh-snapshot.ts";
import { isDatagramProtocol, portNumbered, type Service, type ServicePort } from "../core/model/service.ts";
import { forwardingHops } from "./forwarding-hops.ts";
import { interceptedUpstreams } from "./intercepted-upstreams.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { type MeshPod, outsideReason } from "./mesh-pods.ts";
import { parseUpstreams, type UpstreamRequest } from "./parse-upstreams.ts";
import { pathArrivals } from "./path-arrivals.ts";
import { rateLimitsOf, trafficProblems } from "./service-traffic.ts";
import { sharingProblems } from "./sharing-problems.ts";
import { upstreamTo } from "./upstream-to.ts";

/** A snapshot that has no version yet. */
export type SnapshotContent = Omit<MeshSnapshot, "version">;

export type BuiltSnapshot =
  | { readonly kind: "built"; readonly content: SnapshotContent; readonly problems: readonly string[] }
  | { readonly kind: "outside"; readonly reason: string };

/**
 * The snapshot for the proxy of the pod `proxy` (`namespace/name`), or why it has none yet. What cannot be had, such as an
 * upstream whose Service is missing, is left out with a problem that says so; the rest stands.
 */
export function buildSnapshot(index: MeshIndex, proxy: string): BuiltSnapshot {
  const pod = index.meshPods.get(proxy);
  if (!pod) return { kind: "outside", reason: outsideReason(index.pods.get(proxy)) ?? "another pod has its address" };
  const parsed = parseUpstreams(pod.annotations[upstreamsAnnotation] ?? "", pod.namespace);
  const built = parsed.requests.map((request) => upstreamFor(index, pod, request));
  const { hops, problems } = forwardingHops(index, pod);
  const arrivals = pathArrivals(index, pod);
  const access = index.policies.accessOf(pod);
  const rateLimits = rateLimitsOf(index.services.values(), pod);
  const intercepted = interceptedUpstreams(
    index,
    pod,
    built.flatMap(({ upstream }) => upstream ?? []),
  );
  const { upstreams } = intercepted;
  return {
    kind: "built",
    content: {
      ...{ proxy, peers: index.peers, upstreams, hops },
      ...(arrivals.length > 0 ? { arrivals } : {}),
      ...(access && { access }),
      ...(rateLimits.length > 0 ? { rateLimits } : {}),
    },
    problems: [...parsed.problems, ...built.flatMap((one) => one.problems), ...intercepted.problems, ...problems],
  };
}

interface BuiltUpstream {
  readonly upstream?: Upstream;
  readonly problems: readonly string[];
}

function upstreamFor(index: MeshIndex, pod: MeshPod, request: UpstreamRequest): BuiltUpstream {
  const { namespace, listenPort } = request;
  const service = index.services.get(`${namespace}/${request.service}`);
  if (!service) return leftOut(request, "the Service is not known");
  const port = requestedPort(service, request);
  if (typeof port === "string") return leftOut(request, port);
  const { upstream, problems } = upstreamTo(index, pod, service, port);
  return {
    upstream: { listenPort, ...upstream },
    problems: [
      ...[...problems, ...sharingProblems(index, pod, service)],
      ...[...balancingProblems(service), ...trafficProblems(service)],
    ],
  };
}

function balancingProblems({ namespace, name, balancing }: Service): readonly string[] {
  if (balancing?.kind !== "rejected") return [];
  return [`Service ${name}.${namespace} is balanced as ever: ${balancing.field} ${balancing.reason}`];
}

/** A TCP port goes before a UDP port, unless UDP is asked for. */
function requestedPort(service: Service, { port: wanted, isUdp }: UpstreamRequest): ServicePort | string {
  const [udp, tcp] = [true, false].map((is) => service.ports.filter((one) => isDatagramProtocol(one.protocol) === is));
  const ports = isUdp === true || tcp?.length === 0 ? (udp ?? []) : (tcp ?? []);
  const kind = ports === udp && ports.length > 0 ? "UDP" : "TCP";
  const offered = ports.map(({ port }) => port).join(", ") || "none";
  if (wanted !== undefined) {
    const found = portNumbered(isUdp === true ? { ports } : service, wanted);
    return found ?? `the Service has no ${isUdp === true ? "UDP" : "TCP"} port ${wanted}, only ${offered}`;
  }
  const [only] = ports;
  return only && ports.length === 1 ? only : `the Service's ${kind} ports are ${offered}: the entry must name one`;
}

function leftOut({ namespace, service, listenPort }: UpstreamRequest, reason: string): BuiltUpstream {
  return { problems: [`upstreams: ${service}.${namespace}=${listenPort} is left out: ${reason}`] };
}
