/** What a mesh snapshot may not say: an ordered list of judges, the first reason wins. */
import { serviceIndexMax, spiMax } from "../../core/model/chain.ts";
import { canonicalIpAddress, parseIpAddress } from "../../core/model/ip-address.ts";
import {
  type ForwardingHop,
  type MeshPeer,
  type MeshSnapshot,
  meshPort,
  proxyAdminPort,
  type Upstream,
  type UpstreamPath,
  type WeightedEndpoint,
} from "../../core/model/mesh-snapshot.ts";
import { judgeMatches } from "./judge-matches.ts";
import { first, judgeInteger, judgePort, judgeUnique, type Verdict } from "./judges.ts";

interface Known {
  readonly pods: ReadonlySet<string>;
  /** Found sound already: the same few stand in every list. */
  readonly addresses: Set<string>;
}

/** @returns the first field that cannot be true, and why; undefined when the snapshot is sound. */
export function findContradiction(snapshot: MeshSnapshot): Verdict {
  const known: Known = { pods: new Set(snapshot.peers.map((peer) => peer.pod)), addresses: new Set() };
  return (
    judgeVersion(snapshot) ??
    judgePeers(snapshot.peers, known) ??
    (known.pods.has(snapshot.proxy) ? undefined : { field: "proxy", reason: `"${snapshot.proxy}" is not in peers` }) ??
    first(snapshot.upstreams, "upstreams", (upstream, field) => judgeUpstream(upstream, field, known)) ??
    judgeUnique(snapshot.upstreams, "upstreams", "listenPort", (upstream) => upstream.listenPort) ??
    first(snapshot.hops, "hops", (hop, field) => judgeHop(hop, field, known)) ??
    judgeUnique(snapshot.hops, "hops", "serviceIndex", (hop) => `${hop.serviceIndex} of path ${hop.spi}`) ??
    judgeUnique(snapshot.arrivals ?? [], "arrivals", "spi", (arrival) => arrival.spi) ??
    first(snapshot.arrivals ?? [], "arrivals", ({ proof }, field) =>
      judgeUnique(proof?.keys ?? [], `${field}.proof.keys`, "serviceIndex", (own) => own.serviceIndex),
    )
  );
}

function judgeVersion({ version }: MeshSnapshot): Verdict {
  return judgeInteger(version, "version", 0, Number.MAX_SAFE_INTEGER);
}

function judgePeers(peers: readonly MeshPeer[], known: Known): Verdict {
  return (
    first(peers, "peers", (peer, field) => judgeAddress(peer.address, `${field}.address`, known)) ??
    judgeUnique(peers, "peers", "pod", (peer) => peer.pod) ??
    judgeUnique(peers, "peers", "address", (peer) => canonicalIpAddress(peer.address))
  );
}

function judgeUpstream(upstream: Upstream, field: string, known: Known): Verdict {
  const { listenPort, path } = upstream;
  const isOwn = listenPort === meshPort || listenPort === proxyAdminPort;
  return (
    judgePort(listenPort, `${field}.listenPort`) ??
    (isOwn ? { field: `${field}.listenPort`, reason: `${listenPort} is a port of the proxy itself` } : undefined) ??
    judgePort(upstream.port, `${field}.port`) ??
    judgeEndpoints(upstream.endpoints, `${field}.endpoints`, known) ??
    (path && judgePath(path, `${field}.path`, known)) ??
    judgeMatches(upstream, `${field}.matches`, (own, at) => judgePath(own, at, known))
  );
}

function judgePath(path: UpstreamPath, field: string, known: Known): Verdict {
  return judgePlaceOnPath(path, field) ?? judgeNext(path.next, `${field}.next`, known);
}

function judgeHop(hop: ForwardingHop, field: string, known: Known): Verdict {
  return (
    judgePlaceOnPath(hop, field) ??
    judgeInteger(hop.nextServiceIndex ?? 0, `${field}.nextServiceIndex`, 0, hop.serviceIndex - 1) ??
    judgePort(hop.function.port, `${field}.function.port`) ??
    judgeNext(hop.next, `${field}.next`, known)
  );
}

/** Index 0 is the destination's, which is no hop and no entry. */
function judgePlaceOnPath(place: { readonly spi: number; readonly serviceIndex: number }, field: string): Verdict {
  return (
    judgeInteger(place.spi, `${field}.spi`, 1, spiMax) ??
    judgeInteger(place.serviceIndex, `${field}.serviceIndex`, 1, serviceIndexMax)
  );
}

function judgeNext(next: readonly WeightedEndpoint[], field: string, known: Known): Verdict {
  if (next.length === 0) return { field, reason: "is empty: traffic on the path would have nowhere to go" };
  return judgeEndpoints(next, field, known);
}

function judgeEndpoints(endpoints: readonly WeightedEndpoint[], field: string, known: Known): Verdict {
  return (
    first(endpoints, field, (endpoint, at) => judgeEndpoint(endpoint, at, known)) ??
    judgeUnique(endpoints, field, "pod", (endpoint) => endpoint.pod)
  );
}

function judgeEndpoint(endpoint: WeightedEndpoint, field: string, known: Known): Verdict {
  const { weight } = endpoint;
  return (
    (known.pods.has(endpoint.pod)
      ? undefined
      : { field: `${field}.pod`, reason: `"${endpoint.pod}" is not in peers` }) ??
    judgeAddress(endpoint.address, `${field}.address`, known) ??
    judgePort(endpoint.port, `${field}.port`) ??
    judgePort(endpoint.appPort, `${field}.appPort`) ??
    (Number.isFinite(weight) && weight >= 0
      ? undefined
      : { field: `${field}.weight`, reason: `${weight} is not at least 0` })
  );
}

function judgeAddress(address: string, field: string, { addresses }: Known): Verdict {
  if (addresses.has(address)) return undefined;
  if (parseIpAddress(address) === undefined) return { field, reason: `"${address}" is not an IP address` };
  addresses.add(address);
  return undefined;
}
