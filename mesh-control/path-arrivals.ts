/** The paths that end at a pod. */
import type { ServiceFunctionPath } from "../core/model/chain.ts";
import type { PathArrival, PathProof } from "../core/model/mesh-snapshot.ts";
import { selects } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import type { PathProofs } from "./path-proofs.ts";
import { functionOf } from "./resolve-path.ts";

/** Active ones and draining ones; of two with one SPI the first by name. By the Service, since pods come after a path was made. */
export function pathArrivals(index: MeshIndex, pod: MeshPod): readonly PathArrival[] {
  const { paths, services, proofs } = index;
  const arrivals = new Map<number, PathArrival>();
  for (const { chain, path } of paths.all(pod.namespace)) {
    const service = services.get(`${pod.namespace}/${chain.classifier.to.service}`);
    if (!service || !selects(service.selector, pod.labels) || arrivals.has(path.spi)) continue;
    const proof = proofs && proofOf(index, path, proofs);
    arrivals.set(path.spi, { chain: chain.name, spi: path.spi, ...(proof ? { proof } : {}) });
  }
  return [...arrivals.values()];
}

function proofOf(index: MeshIndex, path: ServiceFunctionPath, { mode, keyOf }: PathProofs): PathProof {
  const keys = path.hops.flatMap(({ serviceIndex, function: name }) => {
    const passed = name === undefined ? undefined : functionOf(index, path, name);
    // Traffic goes past taps.
    if (name === undefined || passed?.mode === "Tap") return [];
    const isOptional = passed?.failurePolicy === "Bypass";
    return [{ serviceIndex, key: keyOf(path, serviceIndex), ...(isOptional ? { isOptional } : {}) }];
  });
  return { mode, keys };
}
