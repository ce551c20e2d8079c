import type { ClusterNode } from "../core/model/cluster-node.ts";
import type { Pod } from "../core/model/pod.ts";
import type { ClusterView } from "../core/ports/cluster-view.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
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
      this.#assumed.settle((key, { uid }) => this.#isKnown(key, uid));
    }
    [this.#pods, this.#nodes, this.#hasPodNews, this.#hasNodeNews] = [pods, nodes, false, false];
    this.#assumed.expire(nowMs);
    return this.#state;
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Bound, on its way out, or another pod of the same name. */
  #isKnown(podKey: string, uid: string): boolean {
    const pod = this.#view.pods.get(podKey);
    return pod !== undefined && (pod.node !== undefined || pod.isTerminating || (uid !== "" && pod.uid !== uid));
  }
}
