/** Where a chain's proxies are, for those who want to ask them: the answer to `GET /v1/chains/{namespace}/{chain}`. */
import { isClassified, type ServiceFunctionChain } from "../core/model/chain.ts";
import { upstreamsAnnotation } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { isLive } from "./mesh-pods.ts";
import { parseUpstreams } from "./parse-upstreams.ts";

export interface ChainProxies {
  readonly namespace: string;
  readonly chain: string;
  /** By SPI; what is not active drains. */
  readonly paths: readonly { readonly spi: number; readonly isActive: boolean }[];
  /** Pods whose traffic the chain may take. */
  readonly classifiers: readonly ProxyPlace[];
  /** Instances of its functions and pods of its destination, on any of its paths. */
  readonly hops: readonly ProxyPlace[];
}

export interface ProxyPlace {
  /** `namespace/name`. */
  readonly pod: string;
  readonly node: string;
  readonly address: string;
}

/** Undefined for a chain that is not known. */
export function chainProxies(index: MeshIndex, namespace: string, name: string): ChainProxies | undefined {
  const chain = index.chains.get(`${namespace}/${name}`);
  if (!chain) return undefined;
  const paths = index.paths.all(namespace).flatMap(({ path }) => (path.chain === name ? [path] : []));
  const instances = paths.flatMap(({ hops }) =>
    hops.flatMap(({ weights }) => weights.map(({ to }) => `${namespace}/${to}`)),
  );
  const service = index.services.get(`${namespace}/${chain.classifier.to.service}`);
  const destinations = service ? index.splits.endpointPods(service).map(podKey) : [];
  const pods = [...new Set([...instances, ...destinations])].sort();
  return {
    namespace,
    chain: name,
    paths: paths.map(({ spi, isActive }) => ({ spi, isActive })),
    classifiers: [...index.meshPods.values()].filter((pod) => isLive(pod) && isTaken(chain, pod)).map(placeOf),
    hops: pods.flatMap((key) => index.meshPods.get(key) ?? []).map(placeOf),
  };
}

function isTaken(chain: ServiceFunctionChain, pod: MeshPod): boolean {
  const { namespace, classifier } = chain;
  if (pod.namespace !== namespace || !isClassified(classifier, pod.labels)) return false;
  const { requests } = parseUpstreams(pod.annotations[upstreamsAnnotation] ?? "", pod.namespace);
  return requests.some(
    ({ service, port, ...request }) =>
      request.namespace === namespace &&
      service === classifier.to.service &&
      (port === undefined || port === classifier.to.port),
  );
}

function placeOf(pod: MeshPod): ProxyPlace {
  return { pod: podKey(pod), node: pod.node, address: pod.address };
}
