/** Expected flows that follow a view: annotations on pods and declared demand of chains. */
import type { ServiceFunctionChain } from "../core/model/chain.ts";
import type { Pod } from "../core/model/pod.ts";
import { type Annotated, annotatedFlows, type NameContext } from "./placement/annotated-flows.ts";
import { chainFlows } from "./placement/chain-flows.ts";
import type { ChainContext } from "./placement/chain-layers.ts";
import { DemandPrior, type Expected } from "./placement/demand-prior.ts";
import type { Expectation, ExpectedFlow } from "./placement/expected-flow.ts";
import { imageFlows } from "./placement/image-flows.ts";
import type { LearnedFlow } from "./placement/learned-flows.ts";
import { WorkloadSamples } from "./placement/workload-samples.ts";
import type { SchedulingView } from "./watched-cluster.ts";
import type { AskedPod } from "./wire/parse-args.ts";

/** Brought up to date when asked, and only if something that it is made of has changed. */
export class WatchedDemand {
  readonly #view: SchedulingView;
  readonly #samples = new WorkloadSamples();
  readonly #prior = new DemandPrior();
  readonly #context: ChainContext;
  #annotated: Expectation = { flows: [], remarks: [] };
  #imaged: Expectation = { flows: [], remarks: [] };
  #learned: readonly LearnedFlow[] = [];
  #pods: readonly Pod[] | undefined;
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
    return this.#samples.imageOf(workload);
  }

  /** What the pod says itself counts even before the view has the pod. */
  expectedOf(pod: AskedPod): Expected {
    this.#update();
    const { workload, namespace, talksTo, image } = pod;
    const hasOtherWords = talksTo !== undefined && talksTo !== this.#samples.talksToOf(workload);
    const isUnseen = image !== undefined && this.#samples.imageOf(workload) === undefined;
    if (hasOtherWords) this.#hear({ workload, namespace, talksTo });
    if (isUnseen) this.#prior.set("image", this.#imageFlows([[workload, image]]));
    const expected = this.#prior.of(workload);
    if (hasOtherWords) this.#prior.set("annotation", this.#annotated);
    if (isUnseen) this.#prior.set("image", this.#imaged);
    return expected;
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
    this.#annotated = annotatedFlows(this.#samples.all(), this.#context satisfies NameContext);
    this.#prior.set("annotation", this.#annotated);
    this.#prior.set("chain", chainFlows([...chains].sort(byName), this.#context));
    this.#imaged = this.#imageFlows();
    this.#prior.set("image", this.#imaged);
  }

  #imageFlows(unseen: readonly (readonly [workload: string, image: string])[] = []): Expectation {
    return imageFlows(this.#learned, new Map([...this.#samples.images(), ...unseen]));
  }

  #hear(pod: Annotated): void {
    const heard = annotatedFlows([pod], this.#context);
    const isOthers = ({ source }: ExpectedFlow) => source !== pod.workload;
    this.#prior.set("annotation", {
      flows: [...this.#annotated.flows.filter(isOthers), ...heard.flows],
      remarks: heard.remarks,
    });
  }
}

/** Sums of what several chains demand are then the same in whatever order they are listed. */
function byName(a: ServiceFunctionChain, b: ServiceFunctionChain): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}
