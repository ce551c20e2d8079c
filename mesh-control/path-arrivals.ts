/** The paths that end at a pod. */
import type { PathArrival } from "../core/model/mesh-snapshot.ts";
import { selects } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";

/** Active ones and draining ones; of two with one SPI the first by name. By the Service, since pods come after a path was made. */
export function pathArrivals({ paths, services }: MeshIndex, pod: MeshPod): readonly PathArrival[] {
  const arrivals = new Map<number, PathArrival>();
  for (const { chain, path } of paths.all(pod.namespace)) {
    const service = services.get(`${pod.namespace}/${chain.classifier.to.service}`);
    if (!service || !selects(service.selector, pod.labels) || arrivals.has(path.spi)) continue;
    arrivals.set(path.spi, { chain: chain.name, spi: path.spi });
  }
  return [...arrivals.values()];
}
