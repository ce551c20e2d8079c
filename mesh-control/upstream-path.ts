/** Which path takes a pod's traffic to a Service: the classifier's decision (RFC 7665, section 4.7). */
import type { UpstreamPath } from "../core/model/mesh-snapshot.ts";
import { type Service, type ServicePort, selects } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { nextStep } from "./next-step.ts";
import type { PathOfChain } from "./path-index.ts";
import { resolvePath } from "./resolve-path.ts";

export interface ChosenPath {
  readonly path: UpstreamPath | undefined;
  readonly problems: readonly string[];
}

/**
 * The active path of the matching chain with the highest priority, the first by name among equals. A path that cannot be
 * resolved gives way to the next match. Without a path, or with all functions bypassed, traffic goes straight.
 */
export function upstreamPath(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): ChosenPath {
  const matches = matchingPaths(index, pod, service, port);
  const problems = matches.length > 1 ? [conflict(matches, service)] : [];
  for (const { path, chain } of matches) {
    const resolution = resolvePath(index, path);
    if (resolution.kind === "rejected") {
      problems.push(resolution.problem);
      continue;
    }
    const step = nextStep(index, resolution.resolved, 0, { pod, name: pod.node });
    if (step.bypassed.length > 0)
      problems.push(`chain ${chain.name} bypasses ${step.bypassed.join(", ")}: no live instance`);
    if (step.serviceIndex === 0) return { path: undefined, problems };
    if (step.endpoints.length === 0)
      problems.push(`chain ${chain.name} is blocked: its next function has no live instance`);
    const { spi } = path;
    return { path: { chain: chain.name, spi, serviceIndex: step.serviceIndex, next: step.endpoints }, problems };
  }
  return { path: undefined, problems };
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
