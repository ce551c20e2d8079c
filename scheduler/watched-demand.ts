/** Expected flows that follow a view: annotations on pods and declared demand of chains. */
import type { Pod } from "../core/model/pod.ts";
import { type Service, selects } from "../core/model/service.ts";
import { workloadKey } from "../core/model/workload.ts";
import { type Annotated, annotatedFlows } from "./placement/annotated-flows.ts";
import { chainFlows } from "./placement/chain-flows.ts";
import type { ChainContext } from "./placement/chain-layers.ts";
import { DemandPrior, type Expected } from "./placement/demand-prior.ts";
import type { Expectation, ExpectedFlow } from "./placement/expected-flow.ts";
import { parseTalksTo } from "./placement/talks-to.ts";
import { WorkloadSamples } from "./placement/workload-samples.ts";
import type { SchedulingView } from "./watched-cluster.ts";
import type { AskedPod } from "./wire/parse-args.ts";

/** Brought up to date when asked, and only if something that it is made of has changed. */
export class WatchedDemand {
  readonly #view: SchedulingView;
  readonly #samples = new WorkloadSamples();
  readonly #prior = new DemandPrior();
  readonly #context: ChainContext;
  #pods: readonly Pod[] | undefined;
  #services: readonly Service[] = [];
  #servicesByNamespace: ReadonlyMap<string, readonly Service[]> = new Map();
  #sources: readonly unknown[] = [];

  constructor(view: SchedulingView) {
    this.#view = view;
    this.#context = {
      samples: this.#samples,
      serviceOf: (key) => view.services?.get(key),
      functionOf: (key) => view.serviceFunctions?.get(key),
    };
  }

  /** What was learned before the restart. */
  remember(flows: readonly ExpectedFlow[]): void {
    this.#prior.set("profile", { flows, remarks: [] });
  }

  /** The pod's own annotation counts even before the view has the pod. */
  expectedOf({ workload, namespace, talksTo }: AskedPod): Expected {
    this.#update();
    const known = this.#samples.get(workload);
    const isKnown = talksTo === undefined || talksTo === known?.talksTo;
    const own = { workload, talking: isKnown ? known?.talking : parseTalksTo(talksTo, namespace) };
    return this.#prior.of(workload, { origin: "annotation", expectation: this.#annotated(own) });
  }

  #update(): void {
    const { pods, services, serviceFunctions, serviceFunctionChains } = this.#view;
    if (pods.list() !== this.#pods) this.#samples.setPods(pods.list());
    this.#pods = pods.list();
    const chains = serviceFunctionChains?.list() ?? [];
    const sources = [this.#samples.version, services?.list(), serviceFunctions?.list(), serviceFunctionChains?.list()];
    if (sources.every((source, at) => source === this.#sources[at]) && this.#sources.length > 0) return;
    this.#sources = sources;
    this.#prior.set("chain", chainFlows(chains, this.#context));
  }

  /**
   * What a workload says of itself and what others say of it. Only those are looked at: while a burst brings new workloads with
   * every pod, going through all annotations each time would cost more than the scores.
   */
  #annotated(own: Annotated): Expectation {
    const { workload } = own;
    const others = this.#namesOf(workload).flatMap((name) => this.#samples.mentioning(name));
    const talking = new Set(others.filter((other) => other.workload !== workload));
    const { flows, remarks } = annotatedFlows([own, ...talking], this.#context);
    const isItsOwn = ({ source, destination }: ExpectedFlow) => source === workload || destination === workload;
    return { flows: flows.filter(isItsOwn), remarks };
  }

  /** Under which annotations may speak of it: its key and its Services'. */
  #namesOf(workload: string): readonly string[] {
    const services = this.#view.services?.list() ?? [];
    if (services !== this.#services) this.#servicesByNamespace = Map.groupBy(services, ({ namespace }) => namespace);
    this.#services = services;
    const sample = this.#samples.get(workload);
    const own = this.#servicesByNamespace.get(sample?.namespace ?? "") ?? [];
    return [workload, ...own.filter(({ selector }) => selects(selector, sample?.labels ?? {})).map(workloadKey)];
  }
}
