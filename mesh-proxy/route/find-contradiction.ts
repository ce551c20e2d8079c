/** What a mesh snapshot may not say: an ordered list of judges, the first reason wins. */
import { serviceIndexMax, spiMax } from "../../core/model/chain.ts";
import { canonicalIpAddress, parseIpAddress } from "../../core/model/ip-address.ts";
import {
  type ForwardingHop,
  type MeshPeer,
  type MeshSnapshot,
  type PathTap,
  proxyPorts,
  type Upstream,
  type UpstreamPath,
  type WeightedEndpoint,
} from "../../core/model/mesh-snapshot.ts";
import { isDatagramProtocol, showsRequests } from "../../core/model/service.ts";
import { judgeBranches } from "./judge-branches.ts";
import { judgeKeys, judgeMatches } from "./judge-matches.ts";
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
    judgeListenPorts(snapshot.upstreams) ??
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
  const { listenPort, addresses = [], path } = upstream;
  return (
    (listenPort === undefined ? undefined : judgeListenPort(listenPort, `${field}.listenPort`)) ??
    first(addresses, `${field}.addresses`, (address, at) => judgeAddress(address, at, known)) ??
    judgePort(upstream.port, `${field}.port`) ??
    judgeEndpoints(upstream.endpoints, `${field}.endpoints`, known) ??
    judgeDatagrams(upstream, field) ??
    (path && judgePath(path, `${field}.path`, known)) ??
    judgeMatches(upstream, `${field}.matches`, (own, at) => judgePath(own, at, known)) ??
    judgeRules(upstream, `${field}.rules`, known)
  );
}

function judgeListenPort(port: number, field: string): Verdict {
  if (proxyPorts.has(port)) return { field, reason: `${port} is a port of the proxy itself` };
  return judgePort(port, field);
}

/** Those without a listener are named apart, so that places stay those in the list. */
function judgeListenPorts(upstreams: readonly Upstream[]): Verdict {
  let withoutCount = 0;
  return judgeUnique(upstreams, "upstreams", "listenPort", ({ listenPort }) => listenPort ?? `none ${withoutCount++}`);
}

function judgeRules({ rules = [], protocol }: Upstream, field: string, known: Known): Verdict {
  if (rules.length > 0 && !showsRequests(protocol))
    return { field, reason: `requests of an upstream that speaks ${protocol} are not seen` };
  return first(
    rules,
    field,
    (rule, at) =>
      judgeKeys(rule, protocol, at) ??
      judgeTargets(rule.backends, `${at}.backends`, known) ??
      judgeTargets(rule.mirrors ?? [], `${at}.mirrors`, known) ??
      (rule.redirect !== undefined && rule.backends.length > 0
        ? { field: `${at}.redirect`, reason: "excludes backends" }
        : undefined),
  );
}

function judgeTargets(
  targets: readonly { readonly endpoints: readonly WeightedEndpoint[] }[],
  field: string,
  known: Known,
): Verdict {
  return first(targets, field, ({ endpoints }, at) => judgeEndpoints(endpoints, `${at}.endpoints`, known));
}

/** Chains take TCP connections: datagrams that one should take would silently go past it. */
function judgeDatagrams({ protocol, path, matches = [] }: Upstream, field: string): Verdict {
  if (!isDatagramProtocol(protocol)) return undefined;
  const reason = `excludes the protocol ${protocol}: chains take TCP connections`;
  if (path !== undefined) return { field: `${field}.path`, reason };
  return matches.length > 0 ? { field: `${field}.matches`, reason } : undefined;
}

/** Index 0 is the destination's: traffic is put on a path there only past taps. */
function judgePath(path: UpstreamPath, field: string, known: Known): Verdict {
  const { taps = [], serviceIndex } = path;
  const least = taps.length > 0 ? 0 : 1;
  return judgeInteger(serviceIndex, `${field}.serviceIndex`, least, serviceIndexMax) ?? judgeEntry(path, field, known);
}

function judgeEntry(path: UpstreamPath, field: string, known: Known): Verdict {
  const { taps = [], serviceIndex } = path;
  return (
    judgeSpi(path, field) ??
    judgeInteger(serviceIndex, `${field}.serviceIndex`, 0, serviceIndexMax) ??
    judgeNext(path.next, `${field}.next`, known) ??
    judgeTaps(taps, `${field}.taps`, { above: serviceIndex, below: serviceIndexMax + 1, known })
  );
}

interface TapPlaces {
  /** Service indexes between which taps may stand. */
  readonly above: number;
  readonly below: number;
  readonly known: Known;
}

function judgeTaps(taps: readonly PathTap[], list: string, { above, below, known }: TapPlaces): Verdict {
  return (
    first(taps, list, ({ serviceIndex, next }, at) => {
      const place = judgeInteger(serviceIndex, `${at}.serviceIndex`, above + 1, below - 1);
      return place ?? judgeNext(next, `${at}.next`, known);
    }) ?? judgeUnique(taps, list, "serviceIndex", ({ serviceIndex }) => serviceIndex)
  );
}

/** Index 0 is the destination's, which is no hop. */
function judgeHop(hop: ForwardingHop, field: string, known: Known): Verdict {
  const { taps = [], serviceIndex, nextServiceIndex = serviceIndex - 1 } = hop;
  return (
    judgeSpi(hop, field) ??
    judgeInteger(serviceIndex, `${field}.serviceIndex`, 1, serviceIndexMax) ??
    judgeInteger(nextServiceIndex, `${field}.nextServiceIndex`, 0, serviceIndex - 1) ??
    judgePort(hop.function.port, `${field}.function.port`) ??
    judgeNext(hop.next, `${field}.next`, known) ??
    judgeTaps(taps, `${field}.taps`, { above: nextServiceIndex, below: serviceIndex, known }) ??
    judgeBranches(hop, `${field}.branches`, (path, at) => judgeEntry(path, at, known))
  );
}

function judgeSpi({ spi }: { readonly spi: number }, field: string): Verdict {
  return judgeInteger(spi, `${field}.spi`, 1, spiMax);
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
