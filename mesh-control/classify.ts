/** Which path takes a pod's traffic to a Service: the classifier's decision (RFC 7665, section 4.7). */
import type { ServiceFunctionPath } from "../core/model/chain.ts";
import type { UpstreamPath } from "../core/model/mesh-snapshot.ts";
import { type Service, type ServicePort, selects } from "../core/model/service.ts";
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
  readonly classification: Classification;
  readonly problems: readonly string[];
}

/**
 * The active path of the matching chain with the highest priority, the first by name among equals. A path that cannot be
 * resolved gives way to the next match. Without a path, or with all functions bypassed, traffic goes straight.
 */
export function classify(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): Classified {
  const matches = matchingPaths(index, pod, service, port);
  const problems = matches.length > 1 ? [conflict(matches, service)] : [];
  for (const { path } of matches) {
    const resolution = resolvePath(index, path);
    if (resolution.kind === "rejected") {
      problems.push(resolution.problem);
      continue;
    }
    const step = nextStep(index, resolution.resolved, 0, { pod, name: pod.node });
    return { classification: classificationOf(path, step), problems: [...problems, ...step.problems] };
  }
  return { classification: { kind: "straight" }, problems };
}

function classificationOf({ chain, spi }: ServiceFunctionPath, { serviceIndex, endpoints }: NextStep): Classification {
  if (serviceIndex === 0) return { kind: "straight" };
  if (endpoints.length === 0) return { kind: "blocked" };
  return { kind: "path", path: { chain, spi, serviceIndex, next: endpoints } };
}

function matchingPaths(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): readonly PathOfChain[] {
  if (pod.namespace !== service.namespace) return [];
  return index.paths.activeIn(pod.namespace).filter(({ chain: { classifier } }) => {
    const isForService = classifier.to.service === service.name && classifier.to.port === port.port;
    return isForService && selects(classifier.from, pod.labels);
  });
}

function conflict(matches: readonly PathOfChain[], service: Service): string {
  const names = matches.map(({ chain }) => chain.name);
  return `chains ${names.join(", ")} all take traffic to ${service.name}: ${names[0]} goes first`;
}
