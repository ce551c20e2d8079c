/** A mesh snapshot compiled for use: every list has its picker, every lookup its map. Replaced as a whole. */
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import type {
  ForwardingHop,
  MeshPeer,
  MeshSnapshot,
  PathProof,
  PathTap,
  PortRateLimit,
  Upstream,
  UpstreamPath,
  UpstreamRule,
  WeightedEndpoint,
} from "../../core/model/mesh-snapshot.ts";
import type { RequestChanges } from "../../core/model/request-rule.ts";
import { type Access, compileAccess } from "./access/compile-access.ts";
import { findContradiction } from "./find-contradiction.ts";
import { interceptedRoutes } from "./intercepted-routes.ts";
import { compileClasses, type TrafficClasses } from "./match/traffic-classes.ts";
import type { EndpointPicker, FlowBits, FlowSource, IsExcludedEndpoint, Picking } from "./picking.ts";
import { pickAmong, ruleCourse, unmatched } from "./rule-courses.ts";
import type { SessionRoute } from "./session/session-route.ts";

export interface RouteTable {
  readonly version: number;
  /** The pod this proxy belongs to. */
  readonly self: MeshPeer;
  readonly upstreams: readonly UpstreamRoute[];
  upstreamAt(listenPort: number): UpstreamRoute | undefined;
  /** For a connection that was intercepted on its way there; undefined where the snapshot knows no such Service. Of two the first. */
  upstreamTo(address: string, port: number): UpstreamRoute | undefined;
  /** The hop of this pod for traffic that carries this service path header. */
  hopFor(spi: number, serviceIndex: number): HopRoute | undefined;
  /** For what a function in mode Terminate sends on with this service path header. */
  onwardFrom(spi: number, serviceIndex: number): OnwardRoute | undefined;
  /** Whether there is such a function. */
  readonly hasOnward: boolean;
  /** Whether some traffic of this pod is put on the path now. */
  hasPath(spi: number): boolean;
  /** Where traffic that `chain` takes is put on its path, or stopped; of several upstreams the first. */
  courseOf(chain: string): Course | undefined;
  /** Chains that take traffic of this pod. */
  readonly chains: readonly string[];
  /** The chain of a path that ends at this pod. */
  arrivingChain(spi: number): string | undefined;
  /** How flows prove their way on a path that ends at this pod; undefined where they need not. */
  proofOn(spi: number): PathProof | undefined;
  /** Who dials from this address; undefined for anyone outside the mesh. Takes IPv4-mapped IPv6 as a socket shows it. */
  peerAt(address: string): MeshPeer | undefined;
  peerNamed(pod: string): MeshPeer | undefined;
  /** Who may connect to this pod. */
  readonly access: Access;
  readonly rateLimits: readonly PortRateLimit[];
}

export interface NewFlow {
  readonly source: FlowSource;
  /** Random, in [0, 1). */
  readonly uniform: number;
  /** It is only asked who it would be, and nobody takes a turn. */
  readonly isAsking?: boolean | undefined;
}

/** Where an upstream's traffic of one class goes. */
export interface Course {
  readonly upstream: Upstream;
  /** Undefined when no endpoint is left. */
  pick(flow: NewFlow, isExcluded?: IsExcludedEndpoint): WeightedEndpoint | undefined;
  readonly path: PathRoute | undefined;
  /** The chain that stops this traffic for want of an instance. */
  readonly blockedBy?: string | undefined;
  /** Set where an HTTPRoute splits this traffic: says for each request which course it takes instead. */
  readonly split?: ((uniform: number) => Course) | undefined;
  /** The route and its backend. */
  readonly route?: string | undefined;
  /** Of a rule that keeps sessions with their endpoints. */
  readonly sessions?: SessionRoute<Course> | undefined;
  /** Of a rule: what else is done to the requests that it takes. */
  readonly actions?: CourseActions | undefined;
  /** How requests are answered that have nowhere to go (Gateway API, HTTPRoute). */
  readonly refusal?: RouteRefusal | undefined;
}

export interface CourseActions {
  readonly rule: UpstreamRule;
  /** Undefined where there is nowhere to go. */
  readonly changes: RequestChanges | undefined;
  readonly mirrors: readonly MirrorRoute[];
}

/** Where copies of some requests go. */
export interface MirrorRoute {
  readonly percent: number;
  readonly course: Course;
}

export interface RouteRefusal {
  readonly statusCode: 404 | 500;
  readonly code: string;
  readonly reason: string;
}

/** As a course of its own: that of the traffic which no match takes. */
export interface UpstreamRoute extends Course {
  readonly classes: TrafficClasses<Course>;
  /** Every course, that of the traffic which no match takes last. */
  readonly courses: readonly Course[];
}

export interface PathRoute {
  readonly path: UpstreamPath;
  readonly pick: PickByFlow;
  readonly taps: readonly TapRoute[];
}

export interface HopRoute {
  readonly hop: ForwardingHop;
  readonly pick: PickByFlow;
  readonly taps: readonly TapRoute[];
  /** Undefined is on along its path; absent where nothing branches off by what traffic is like. */
  readonly classes?: TrafficClasses<BranchRoute | undefined> | undefined;
  /** In the hop's order. */
  readonly branches: readonly BranchRoute[];
}

/** From a hop whose function opens connections of its own: on along its path, or along a branch. */
export interface OnwardRoute {
  readonly route: HopRoute;
  readonly branch: BranchRoute | undefined;
}

export interface BranchRoute {
  readonly chain: string;
  /** Undefined where the chain is blocked. */
  readonly path: PathRoute | undefined;
}

export interface TapRoute {
  readonly chain: string;
  readonly spi: number;
  readonly tap: PathTap;
  readonly pick: PickByFlow;
}

/** The same flow always goes to the same instance. Undefined when none is left. */
export type PickByFlow = (source: FlowSource, isExcluded?: IsExcludedEndpoint) => WeightedEndpoint | undefined;

export type CompiledRoutes =
  | { readonly kind: "compiled"; readonly table: RouteTable }
  /** `field` is a path into the snapshot, such as `upstreams[2].endpoints[0].pod`. */
  | { readonly kind: "rejected"; readonly field: string; readonly reason: string };

/** Nothing of a snapshot that contradicts itself is used. O(size of the snapshot). */
export function compileRoutes(snapshot: MeshSnapshot, picking: Picking): CompiledRoutes {
  const contradiction = findContradiction(snapshot);
  if (contradiction !== undefined) return { kind: "rejected", ...contradiction };
  const byAddress = new Map(snapshot.peers.map((peer) => [canonicalIpAddress(peer.address), peer]));
  const byPod = new Map(snapshot.peers.map((peer) => [peer.pod, peer]));
  const upstreams = snapshot.upstreams.map((upstream) => upstreamRouteOf(upstream, picking));
  const byPort = new Map(upstreams.map((route) => [route.upstream.listenPort, route]));
  const intercepted = interceptedRoutes(upstreams, {
    podAt: (address) => byAddress.get(address)?.pod,
    compile: (upstream) => upstreamRouteOf(upstream, picking),
  });
  const byChain = coursesByChain(upstreams);
  const spis = new Set(upstreams.flatMap(({ courses }) => courses.flatMap(({ path }) => path?.path.spi ?? [])));
  const hops = new Map(snapshot.hops.map((hop) => [hopKey(hop.spi, hop.serviceIndex), hopRouteOf(hop, picking)]));
  const onward = onwardRoutes(hops.values());
  const arriving = new Map(snapshot.arrivals?.map((arrival) => [arrival.spi, arrival]));
  const self = byPod.get(snapshot.proxy);
  if (self === undefined) return { kind: "rejected", field: "proxy", reason: `"${snapshot.proxy}" is not in peers` };
  const table: RouteTable = {
    version: snapshot.version,
    self,
    upstreams,
    upstreamAt: (listenPort) => byPort.get(listenPort),
    upstreamTo: intercepted,
    hopFor: (spi, serviceIndex) => hops.get(hopKey(spi, serviceIndex)),
    onwardFrom: (spi, serviceIndex) => onward.get(hopKey(spi, serviceIndex)),
    hasOnward: onward.size > 0,
    hasPath: (spi) => spis.has(spi),
    courseOf: (chain) => byChain.get(chain),
    chains: [...byChain.keys()],
    arrivingChain: (spi) => arriving.get(spi)?.chain,
    proofOn: (spi) => arriving.get(spi)?.proof,
    peerAt: (address) => byAddress.get(withoutMapping(address)),
    peerNamed: (pod) => byPod.get(pod),
    access: compileAccess(snapshot.access),
    rateLimits: snapshot.rateLimits ?? [],
  };
  return { kind: "compiled", table };
}

function upstreamRouteOf(upstream: Upstream, picking: Picking): UpstreamRoute {
  const pick = pickAmong(upstream, picking);
  const rest: Course = { upstream, pick, path: upstream.path && pathRouteOf(upstream.path, picking) };
  const classes = (upstream.matches ?? []).map(({ when, chain, path, isBlocked }) => {
    const blockedBy = isBlocked === true ? chain : undefined;
    return { when, of: { upstream, pick, path: path && pathRouteOf(path, picking), blockedBy } };
  });
  const rules = (upstream.rules ?? []).map((rule) => ({ when: rule.when, of: ruleCourse(upstream, rule, picking) }));
  return {
    ...rest,
    classes: compileClasses<Course>([...classes, ...rules], rules.length > 0 ? unmatched(rest) : rest),
    courses: [...classes.map(({ of }) => of), rest],
  };
}

function coursesByChain(upstreams: readonly UpstreamRoute[]): ReadonlyMap<string, Course> {
  const byChain = new Map<string, Course>();
  for (const course of upstreams.flatMap(({ courses }) => courses)) {
    const chain = course.path?.path.chain ?? course.blockedBy;
    if (chain !== undefined && !byChain.has(chain)) byChain.set(chain, course);
  }
  return byChain;
}

function pathRouteOf(path: UpstreamPath, picking: Picking): PathRoute {
  return { path, pick: pickByFlow(path.spi, path.next, picking), taps: tapRoutesOf(path, picking) };
}

function hopRouteOf(hop: ForwardingHop, picking: Picking): HopRoute {
  const branches = (hop.branches ?? []).map(({ chain, path, when }) => {
    return { when, of: { chain, path: path && pathRouteOf(path, picking) } };
  });
  const byTraffic = branches.flatMap(({ when, of }) => (when === undefined ? [] : [{ when, of }]));
  return {
    hop,
    pick: pickByFlow(hop.spi, hop.next, picking),
    taps: tapRoutesOf(hop, picking),
    branches: branches.map(({ of }) => of),
    ...(byTraffic.length > 0 && { classes: compileClasses<BranchRoute | undefined>(byTraffic, undefined) }),
  };
}

function onwardRoutes(hops: Iterable<HopRoute>): ReadonlyMap<number, OnwardRoute> {
  const onward = new Map<number, OnwardRoute>();
  for (const route of hops) {
    const { hop, branches } = route;
    if (hop.function.mode !== "Terminate") continue;
    onward.set(hopKey(hop.spi, hop.serviceIndex - 1), { route, branch: undefined });
    for (const branch of hop.function.isReclassifying === true ? branches : []) {
      const entry = branch.path?.path;
      if (entry !== undefined) onward.set(hopKey(entry.spi, entry.serviceIndex), { route, branch });
    }
  }
  return onward;
}

function tapRoutesOf({ chain, spi, taps = [] }: UpstreamPath | ForwardingHop, picking: Picking): readonly TapRoute[] {
  return taps.map((tap) => ({ chain, spi, tap, pick: pickByFlow(spi, tap.next, picking) }));
}

/** Of thousands of hops most see no new flow before the next snapshot: a picker is made when it is first asked. */
function pickByFlow(spi: number, endpoints: readonly WeightedEndpoint[], picking: Picking): PickByFlow {
  let picker: EndpointPicker<FlowBits> | undefined;
  return (source, isExcluded) => {
    picker ??= picking.createRendezvousPicker(endpoints);
    return picker.pick(picking.flowKeyOf(spi, source), isExcluded);
  };
}

function hopKey(spi: number, serviceIndex: number): number {
  return spi * 256 + serviceIndex;
}

function withoutMapping(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
