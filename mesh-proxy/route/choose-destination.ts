/** Where a new connection or request goes: classification at the edge of the mesh, and forwarding along a path. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { advanceServicePath, type ServicePathHeader, ttlFirst } from "../../core/model/service-path-header.ts";
import type { FlowSource, IsExcludedEndpoint } from "./picking.ts";
import type { BranchRoute, Course, HopRoute, NewFlow, TapRoute } from "./route-table.ts";

export type Destination =
  /** Straight to an endpoint of the service. */
  | { readonly kind: "endpoint"; readonly endpoint: WeightedEndpoint }
  /** To a forwarder on a chain's path, or behind its last function; send `servicePath` ahead. */
  | {
      readonly kind: "path";
      readonly endpoint: WeightedEndpoint;
      readonly chain: string;
      readonly servicePath: ServicePathHeader;
    }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Classifies traffic of the pod's own application. Traffic that belongs on a path never goes around it: when no instance of
 * the first function is left, there is no destination.
 */
export function chooseDestination(
  { upstream, pick, path, blockedBy }: Course,
  flow: NewFlow,
  isExcluded?: IsExcludedEndpoint,
): Destination {
  if (blockedBy !== undefined) return none(`no instance is left of a function of chain ${blockedBy}`);
  if (path !== undefined) {
    const { chain, spi, serviceIndex } = path.path;
    const endpoint = path.pick(flow.source, isExcluded);
    if (endpoint === undefined)
      return none(`no instance is left at index ${serviceIndex} of path ${spi} of chain ${chain}`);
    return { kind: "path", endpoint, chain, servicePath: { spi, serviceIndex, ttl: ttlFirst } };
  }
  const endpoint = pick(flow, isExcluded);
  if (endpoint === undefined) return none(`service ${upstream.namespace}/${upstream.service} has no endpoint left`);
  return { kind: "endpoint", endpoint };
}

/** What leaves this pod's function: on along its path, or along a branch. */
export interface Leaving {
  readonly route: HopRoute;
  readonly branch?: BranchRoute | undefined;
  /** With which it came. */
  readonly servicePath: ServicePathHeader;
  readonly source: FlowSource;
}

export function chooseBehind(
  { route, branch, servicePath, source }: Leaving,
  isExcluded?: IsExcludedEndpoint,
): Destination {
  return branch === undefined
    ? chooseNextHop(route, servicePath, source, isExcluded)
    : chooseBranch(branch, servicePath, source, isExcluded);
}

export function tapsBehind({ route, branch }: Pick<Leaving, "route" | "branch">): readonly TapRoute[] {
  return branch === undefined ? route.taps : (branch.path?.taps ?? []);
}

/** One hop on, past functions that are bypassed, for traffic that came with `servicePath` and has passed this pod's function. */
export function chooseNextHop(
  { hop, pick }: HopRoute,
  servicePath: ServicePathHeader,
  source: FlowSource,
  isExcluded?: IsExcludedEndpoint,
): Destination {
  const advanced = advanceServicePath(servicePath, hop.nextServiceIndex);
  if (advanced.kind === "rejected") return none(advanced.reason);
  const endpoint = pick(source, isExcluded);
  if (endpoint === undefined) {
    return none(
      `no instance is left at index ${advanced.header.serviceIndex} of path ${hop.spi} of chain ${hop.chain}`,
    );
  }
  return { kind: "path", endpoint, chain: hop.chain, servicePath: advanced.header };
}

/** The same for traffic that goes on along another chain's path. */
function chooseBranch(
  { chain, path: route }: BranchRoute,
  servicePath: ServicePathHeader,
  source: FlowSource,
  isExcluded?: IsExcludedEndpoint,
): Destination {
  const advanced = advanceServicePath(servicePath);
  if (advanced.kind === "rejected") return none(advanced.reason);
  const endpoint = route?.pick(source, isExcluded);
  if (route === undefined || endpoint === undefined) return none(`no instance is left of a function of chain ${chain}`);
  const { spi, serviceIndex } = route.path;
  return { kind: "path", endpoint, chain, servicePath: { spi, serviceIndex, ttl: advanced.header.ttl } };
}

/** Where a flow's copy for a tap goes. `ttl` as of the traffic beside it. */
export function chooseTap(
  { chain, spi, tap, pick }: TapRoute,
  { source, ttl }: { readonly source: FlowSource; readonly ttl: number },
  isExcluded?: IsExcludedEndpoint,
): Destination {
  const { serviceIndex } = tap;
  const endpoint = pick(source, isExcluded);
  if (endpoint === undefined) return none(`no instance is left of the tap ${tap.function} of chain ${chain}`);
  return { kind: "path", endpoint, chain, servicePath: { spi, serviceIndex, ttl } };
}

function none(reason: string): Destination {
  return { kind: "none", reason };
}
