/** Which paths take a pod's traffic to a Service: the classifier's decision (RFC 7665, section 4.7). */
import { isClassified, type ServiceFunctionPath } from "../core/model/chain.ts";
import { matchesOverlap } from "../core/model/match-overlap.ts";
import type { UpstreamMatch, UpstreamPath } from "../core/model/mesh-snapshot.ts";
import {
  type AppProtocol,
  isDatagramProtocol,
  type Service,
  type ServicePort,
  showsRequests,
} from "../core/model/service.ts";
import { isEveryTraffic, type TrafficMatch, upstreamMatchesMax } from "../core/model/traffic-match.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { type NextStep, nextStep } from "./next-step.ts";
import type { PathOfChain } from "./path-index.ts";
import { resolvePath } from "./resolve-path.ts";

export type Classification =
  | { readonly kind: "straight" }
  | { readonly kind: "path"; readonly path: UpstreamPath }
  /** The chain's next function has no live instance, and must not be bypassed. */
  | { readonly kind: "blocked" };

export interface Classified {
  /** Chains that take a part of the traffic, in the order in which they are asked. */
  readonly matches: readonly UpstreamMatch[];
  /** Of the traffic that no match takes. */
  readonly classification: Classification;
  readonly problems: readonly string[];
}

/**
 * Chains in the order of `compareChains`, up to the first that takes all traffic. A path that cannot be resolved gives way to
 * the next chain, and so does one whose keys the port's protocol cannot show. What no chain takes goes straight; so does what a
 * chain takes while all its functions are bypassed.
 */
export function classify(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): Classified {
  // Chains take connections; a TCP port may have the same number.
  const chains = isDatagramProtocol(port.protocol) ? [] : matchingPaths(index, pod, service, port);
  const problems = [...conflicts(chains, service)];
  const matches: UpstreamMatch[] = [];
  for (const [at, { chain, path }] of chains.entries()) {
    const when = chain.classifier.match;
    const resolution = index.resolutionOf(path, () => resolvePath(index, path));
    const blindness = unseenKeys(when, port.protocol);
    if (resolution.kind === "rejected") problems.push(resolution.problem);
    if (blindness !== undefined) problems.push(`chain ${chain.name} takes no traffic to ${service.name}: ${blindness}`);
    if (resolution.kind === "rejected" || blindness !== undefined) continue;
    const step = nextStep(index, resolution.resolved, 0, { pod, name: pod.node });
    const classification = classificationOf(index, path, step);
    problems.push(...step.problems);
    if (when === undefined || isEveryTraffic(when)) {
      problems.push(...shadowed({ chain, path }, chains.slice(at + 1), service));
      return { ...ended(matches, chain.name, classification), problems };
    }
    if (matches.length < upstreamMatchesMax - 1) matches.push(matchOf(chain.name, when, classification));
    else
      problems.push(
        `chain ${chain.name} is left out: ${upstreamMatchesMax - 1} chains go before it to ${service.name}`,
      );
  }
  return { matches, classification: { kind: "straight" }, problems };
}

/** An upstream that is blocked as a whole has no endpoints; one of which a part may go straight needs them. */
function ended(
  matches: readonly UpstreamMatch[],
  chain: string,
  classification: Classification,
): Pick<Classified, "matches" | "classification"> {
  if (classification.kind !== "blocked" || matches.length === 0) return { matches, classification };
  return { matches: [...matches, matchOf(chain, {}, classification)], classification: { kind: "straight" } };
}

function matchOf(chain: string, when: TrafficMatch, classification: Classification): UpstreamMatch {
  switch (classification.kind) {
    case "straight":
      return { chain, when };
    case "blocked":
      return { chain, when, isBlocked: true };
    case "path":
      return { chain, when, path: classification.path };
  }
}

function classificationOf(
  { proofs }: MeshIndex,
  { chain, spi }: ServiceFunctionPath,
  { serviceIndex, endpoints, taps }: NextStep,
): Classification {
  const isEmpty = endpoints.length === 0;
  if (serviceIndex === 0 && (taps.length === 0 || isEmpty)) return { kind: "straight" };
  if (isEmpty) return { kind: "blocked" };
  const extras = { ...(taps.length > 0 && { taps }), ...(proofs && { isProved: true }) };
  return { kind: "path", path: { chain, spi, serviceIndex, next: endpoints, ...extras } };
}

function matchingPaths(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): readonly PathOfChain[] {
  if (pod.namespace !== service.namespace) return [];
  return index.paths.activeIn(pod.namespace).filter(({ chain: { classifier } }) => {
    const isForService = classifier.to.service === service.name && classifier.to.port === port.port;
    return isForService && isClassified(classifier, pod.labels);
  });
}

/** Why the port's proxy can never tell whether the match holds. */
function unseenKeys(when: TrafficMatch | undefined, protocol: AppProtocol): string | undefined {
  if (when?.http !== undefined && !showsRequests(protocol))
    return `its http keys are of HTTP requests, and the port speaks ${protocol}`;
  if (when?.serverNames !== undefined && protocol !== "tcp")
    return `its tls keys are of TLS over TCP, and the port speaks ${protocol}`;
  return undefined;
}

/** Each chain is told of once, with the first one before it that has its priority and could mean the same traffic. */
function conflicts(chains: readonly PathOfChain[], service: Service): readonly string[] {
  return chains.slice(0, upstreamMatchesMax).flatMap(({ chain }, at) => {
    const rival = chains.slice(0, at).find(({ chain: other }) => {
      return other.priority === chain.priority && matchesOverlap(other.classifier.match, chain.classifier.match);
    });
    if (rival === undefined) return [];
    const first = rival.chain.name;
    return `chains ${first} and ${chain.name} of priority ${chain.priority} both take traffic to ${service.name}: ${first} goes first`;
  });
}

/** Chains that come too late, but for those of the same priority, of which a conflict tells. */
function shadowed({ chain: first }: PathOfChain, later: readonly PathOfChain[], service: Service): readonly string[] {
  const lower = later.filter(({ chain }) => chain.priority < first.priority);
  return lower.map(({ chain }) => `chain ${chain.name} takes no traffic to ${service.name}: ${first.name} goes first`);
}
