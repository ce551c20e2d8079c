/** Expected flows that follow a view: annotations on pods and declared demand of chains. */
import type { ServiceFunctionChain } from "../core/model/chain.ts";
import type { Pod } from "../core/model/pod.ts";
import { type Service, selects } from "../core/model/service.ts";
import { workloadKey } from "../core/model/workload.ts";
import { type Annotated, annotatedFlows } from "./placement/annotated-flows.ts";
import { chainFlows } from "./placement/chain-flows.ts";
import type { ChainContext } from "./placement/chain-layers.ts";
import { DemandPrior, type Expected } from "./placement/demand-prior.ts";
import type { Expectation, ExpectedFlow, PriorOrigin } from "./placement/expected-flow.ts";
import { imageFlows } from "./placement/image-flows.ts";
import type { LearnedFlow } from "./placement/learned-flows.ts";
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
  #learned: readonly LearnedFlow[] = [];
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

  /** What was ever learned. */
  remember(flows: readonly LearnedFlow[]): void {
    this.#learned = flows;
    this.#prior.set("profile", { flows, remarks: [] });
  }

  /** What the pods of a workload run; undefined without any. */
  imageOf(workload: string): string | undefined {
    this.#samplePods();
    return this.#samples.get(workload)?.image;
  }

  /** What the pod says itself counts even before the view has the pod. */
  expectedOf({ workload, namespace, talksTo, image }: AskedPod): Expected {
    this.#update();
    const known = this.#samples.get(workload);
    const isKnown = talksTo === undefined || talksTo === known?.talksTo;
    const talking = isKnown ? known?.talking : parseTalksTo(talksTo, namespace);
    const instead = new Map<PriorOrigin, Expectation>([["annotation", this.#annotated({ workload, talking })]]);
    if (image !== undefined && !known) instead.set("image", this.#imageFlows([[workload, image]]));
    return this.#prior.of(workload, instead);
  }

  #samplePods(): void {
    const pods = this.#view.pods.list();
    if (pods !== this.#pods) this.#samples.setPods(pods);
    this.#pods = pods;
  }

  #update(): void {
    this.#samplePods();
    const { services, serviceFunctions, serviceFunctionChains } = this.#view;
    const chains = serviceFunctionChains?.list() ?? [];
    const sources = [
      ...[this.#samples.version, this.#learned],
      ...[services?.list(), serviceFunctions?.list(), serviceFunctionChains?.list()],
    ];
    if (sources.every((source, at) => source === this.#sources[at]) && this.#sources.length > 0) return;
    this.#sources = sources;
    this.#prior.set("chain", chainFlows([...chains].sort(byName), this.#context));
    this.#prior.set("image", this.#imageFlows());
  }

  #imageFlows(unseen: readonly (readonly [workload: string, image: string])[] = []): Expectation {
    return imageFlows(this.#learned, new Map([...this.#samples.images(), ...unseen]));
  }

  /**
   * What a workload says of itself and what others say of it. Only those are looked at: while a burst brings new workloads with
   * every pod, going through all annotations each time would cost more than the scores.
   */
  #annotated(own: Annotated): Expectation {
    const { workload } = own;
    const others = this.#namesOf(workload).flatMap((name) => this.#samples.mentioning(name));
    const talking = [...new Set(others)].filter((other) => other.workload !== workload).sort(byWorkload);
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

/** Sums are then the same in whatever order workloads came. */
function byWorkload(a: Annotated, b: Annotated): number {
  return a.workload < b.workload ? -1 : 1;
}

/** Sums of what several chains demand are then the same in whatever order they are listed. */
function byName(a: ServiceFunctionChain, b: ServiceFunctionChain): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}
