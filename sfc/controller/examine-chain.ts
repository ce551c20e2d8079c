/** Whether a chain makes sense in this cluster, and what it consists of. */
import { type BranchFault, branchFault } from "../../core/graph/chain-branches.ts";
import {
  type ChainBranch,
  type Classifier,
  mayBeBypassed,
  type ServiceFunction,
  type ServiceFunctionChain,
} from "../../core/model/chain.ts";
import { isDatagramProtocol, portNumbered, type ServicePort, showsRequests } from "../../core/model/service.ts";
import { branchingPods, type ClusterState, classifierPods, livePods, type PlacedPod } from "./cluster-state.ts";

export type ChainFinding = RejectedChain | IdleChain | BlockedChain | RunnableChain;

/** Something in its spec is wrong. */
export interface RejectedChain {
  readonly kind: "rejected";
  readonly reason:
    | "FunctionNotFound"
    | "FunctionRepeated"
    | "ServiceNotFound"
    | "PortNotFound"
    | "ProtocolMismatch"
    | BranchFault["reason"]
    | LatencyOrCapacity;
  /** Begins with the field. */
  readonly message: string;
}
type LatencyOrCapacity = "LatencyBudgetTooSmall" | "DemandDoesNotFit";

/** Nobody sends, or nobody receives. */
export interface IdleChain {
  readonly kind: "idle";
  readonly reason: "NoClassifierPods" | "NoDestinationPods";
  readonly message: string;
  readonly without: WithoutInstance;
}

/** A function that must not be bypassed has no instance. */
export interface BlockedChain {
  readonly kind: "blocked";
  readonly message: string;
  readonly functions: readonly ServiceFunction[];
  readonly without: WithoutInstance;
}

/** Names of a chain's functions that have no ready instance. */
export interface WithoutInstance {
  readonly bypassed: readonly string[];
  readonly blocking: readonly string[];
}

export interface RunnableChain {
  readonly kind: "runnable";
  readonly chain: ServiceFunctionChain;
  /** Which traffic passes, in order; without the bypassed ones. */
  readonly functions: readonly ServiceFunction[];
  /** Which traffic goes past, in order. */
  readonly taps: readonly PlacedTap[];
  /** By function's name. */
  readonly instances: ReadonlyMap<string, readonly PlacedPod[]>;
  /** None of them blocking. */
  readonly without: WithoutInstance;
  readonly sources: readonly PlacedPod[];
  readonly destinations: readonly PlacedPod[];
}

export interface PlacedTap {
  readonly function: ServiceFunction;
  /** How many of the functions that traffic passes stand before it. */
  readonly position: number;
}

/** Asks one question after the other; the first answer counts. */
export function examineChain(chain: ServiceFunctionChain, state: ClusterState): ChainFinding {
  return (
    wrongFunctions(chain, state) ??
    wrongService(chain, state) ??
    wrongBranches(chain, state) ??
    examinePods(chain, state)
  );
}

function wrongFunctions({ namespace, functions }: ServiceFunctionChain, state: ClusterState): ChainFinding | undefined {
  const repeated = functions.findIndex((name, index) => functions.indexOf(name) < index);
  if (repeated >= 0) {
    const message = `spec.functions[${repeated}]: ${functions[repeated]} is in the chain already, which would be a loop`;
    return { kind: "rejected", reason: "FunctionRepeated", message };
  }
  const missing = functions.findIndex((name) => !state.functions.has(`${namespace}/${name}`));
  if (missing < 0) return undefined;
  const message = `spec.functions[${missing}]: there is no ServiceFunction ${functions[missing]} in ${namespace}`;
  return { kind: "rejected", reason: "FunctionNotFound", message };
}

function wrongService(
  { namespace, classifier, branches = [] }: ServiceFunctionChain,
  state: ClusterState,
): ChainFinding | undefined {
  const { service: name, port } = classifier.to;
  const service = state.services.get(`${namespace}/${name}`);
  if (!service) {
    const message = `spec.classifier.to.service: there is no Service ${name} in ${namespace}`;
    return { kind: "rejected", reason: "ServiceNotFound", message };
  }
  const found = portNumbered(service, port);
  if (found) return wrongProtocol(classifier, found) ?? wrongBranchProtocol(branches, found);
  const message = `spec.classifier.to.port: the Service ${name} has no TCP port ${port}`;
  return { kind: "rejected", reason: "PortNotFound", message };
}

/** Keys that the port's proxies would never see. */
function wrongProtocol({ match, to }: Classifier, { port, protocol }: ServicePort): ChainFinding | undefined {
  const speaks = `port ${port} of the Service ${to.service} speaks ${protocol}`;
  const rejected = (message: string) => ({ kind: "rejected", reason: "ProtocolMismatch", message }) as const;
  if (isDatagramProtocol(protocol))
    return rejected(`spec.classifier.to.port: chains take TCP connections, and ${speaks} over UDP`);
  if (match?.http !== undefined && !showsRequests(protocol))
    return rejected(`spec.classifier.http: is of HTTP requests, and ${speaks}`);
  if (match?.serverNames !== undefined && protocol !== "tcp")
    return rejected(`spec.classifier.tls: is of TLS over TCP, and ${speaks}`);
  return undefined;
}

function wrongBranchProtocol(
  branches: readonly ChainBranch[],
  { port, protocol }: ServicePort,
): ChainFinding | undefined {
  const unseen = branches.findIndex(({ match }) => match?.http !== undefined && protocol !== "http1");
  if (unseen < 0) return undefined;
  const message = `spec.branches[${unseen}].match.http: is of HTTP/1.1 requests, and port ${port} speaks ${protocol}`;
  return { kind: "rejected", reason: "ProtocolMismatch", message };
}

function wrongBranches(chain: ServiceFunctionChain, state: ClusterState): ChainFinding | undefined {
  const fault = branchFault(chain, {
    chainNamed: (key) => state.chainByName.get(key),
    functionNamed: (key) => state.functions.get(key),
  });
  return fault && { kind: "rejected", ...fault };
}

function examinePods(chain: ServiceFunctionChain, state: ClusterState): ChainFinding {
  const { namespace, classifier } = chain;
  const all = chain.functions.flatMap((name) => state.functions.get(`${namespace}/${name}`) ?? []);
  const instances = new Map(all.map(({ name, selector }) => [name, livePods(state, namespace, selector)]));
  const isEmpty = ({ name }: ServiceFunction) => instances.get(name)?.length === 0;
  const without = withoutInstance(all.filter(isEmpty));
  if (without.blocking.length > 0) {
    const message = `no ready instance of ${without.blocking.join(", ")}, which must not be bypassed`;
    return { kind: "blocked", message, functions: all, without };
  }
  const service = state.services.get(`${namespace}/${classifier.to.service}`);
  const sources = [...classifierPods(state, chain), ...branchingPods(state, chain)];
  const destinations = service ? livePods(state, namespace, service.selector) : [];
  const idle = (reason: IdleChain["reason"], message: string) => ({ kind: "idle", reason, message, without }) as const;
  if (sources.length === 0) return idle("NoClassifierPods", "spec.classifier.from: no pod of the mesh matches");
  if (destinations.length === 0)
    return idle("NoDestinationPods", `no ready pod of ${classifier.to.service} in the mesh`);
  const staffed = all.filter((each) => !isEmpty(each));
  const functions = staffed.filter((each) => !isTap(each));
  const taps = staffed.flatMap((each, at): readonly PlacedTap[] =>
    isTap(each) ? [{ function: each, position: at - staffed.slice(0, at).filter(isTap).length }] : [],
  );
  return { kind: "runnable", chain, functions, taps, instances, without, sources, destinations };
}

function isTap({ mode }: ServiceFunction): boolean {
  return mode === "Tap";
}

function withoutInstance(empty: readonly ServiceFunction[]): WithoutInstance {
  const named = (isBypassed: boolean) => empty.flatMap((each) => (mayBeBypassed(each) === isBypassed ? each.name : []));
  return { bypassed: named(true), blocking: named(false) };
}
