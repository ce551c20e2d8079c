import type { ClusterNode } from "../core/model/cluster-node.ts";
import type { Pod } from "../core/model/pod.ts";
import { addResources, noResources, type Resources } from "../core/model/resources.ts";
import type { ClusterView } from "../core/ports/cluster-view.ts";
import type { AssumedPods, PodSight } from "./placement/assumed-pods.ts";
import { ClusterState } from "./placement/cluster-state.ts";

/** The part of the cluster that scheduling looks at; what is optional tells of demand, and nothing waits for it. */
export type SchedulingView = Pick<ClusterView, "pods" | "nodes"> &
  Partial<Pick<ClusterView, "services" | "serviceFunctions" | "serviceFunctionChains">>;

/** Cluster state that follows a view. It is brought up to date when asked for, so that a burst of changes costs one update. */
export class WatchedCluster {
  readonly #state = new ClusterState();
  readonly #view: SchedulingView;
  readonly #assumed: AssumedPods;
  readonly #unsubscribe: (() => void)[];
  #hasPodNews = true;
  #hasNodeNews = true;
  #pods: readonly Pod[] | undefined;
  #nodes: readonly ClusterNode[] | undefined;

  constructor(view: SchedulingView, assumed: AssumedPods) {
    this.#view = view;
    this.#assumed = assumed;
    this.#unsubscribe = [
      view.pods.subscribe(() => {
        this.#hasPodNews = true;
      }),
      view.nodes.subscribe(() => {
        this.#hasNodeNews = true;
      }),
    ];
  }

  get hasSynced(): boolean {
    return this.#view.pods.hasSynced && this.#view.nodes.hasSynced;
  }

  node(name: string): ClusterNode | undefined {
    return this.#view.nodes.get(name);
  }

  /** As of now; assumptions that the view knows better, and those that have lasted too long, are gone. */
  current(nowMs: number): ClusterState {
    const [pods, nodes] = [this.#view.pods.list(), this.#view.nodes.list()];
    if (this.#hasNodeNews || nodes !== this.#nodes) this.#state.setNodes(nodes);
    if (this.#hasPodNews || pods !== this.#pods) {
      this.#state.setPods(pods);
      this.#assumed.settle((key, { uid }) => this.sightOf(key, uid));
    }
    [this.#pods, this.#nodes, this.#hasPodNews, this.#hasNodeNews] = [pods, nodes, false, false];
    this.#assumed.expire(nowMs);
    return this.#state;
  }

  /**
   * The part of a node's scarcest resource that no pod on it, or assumed on it, asks for; undefined of an unknown node. Below 0
   * where they ask for more than there is.
   */
  freeParts(nowMs: number): (node: string) => number | undefined {
    const state = this.current(nowMs);
    const assumed = new Map<string, Resources>();
    for (const { namespace, name, node } of this.#assumed.list()) {
      const { requests = noResources } = this.#view.pods.get(`${namespace}/${name}`) ?? {};
      assumed.set(node, addResources(assumed.get(node) ?? noResources, requests));
    }
    return (name) => {
      const allocatable = this.node(name)?.allocatable;
      if (!allocatable) return undefined;
      const { cpuMillis, memoryBytes } = addResources(state.requestedOn(name), assumed.get(name) ?? noResources);
      return 1 - Math.max(partOf(cpuMillis, allocatable.cpuMillis), partOf(memoryBytes, allocatable.memoryBytes));
    };
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Known is one that is bound, on its way out, or another pod of the same name. @param uid empty where it is not known. */
  sightOf(podKey: string, uid: string): PodSight {
    const pod = this.#view.pods.get(podKey);
    if (!pod) return "absent";
    const isOther = uid !== "" && pod.uid !== uid;
    return pod.node !== undefined || pod.isTerminating || isOther ? "known" : "waiting";
  }
}

function partOf(requested: number, allocatable: number): number {
  return allocatable > 0 ? requested / allocatable : 1;
}
