/** Expected flows that follow a view: annotations on pods and declared demand of chains. */
import type { Pod } from "../core/model/pod.ts";
import { type Annotated, annotatedFlows, type NameContext } from "./placement/annotated-flows.ts";
import { chainFlows } from "./placement/chain-flows.ts";
import type { ChainContext } from "./placement/chain-layers.ts";
import { DemandPrior, type Expected } from "./placement/demand-prior.ts";
import type { Expectation, ExpectedFlow } from "./placement/expected-flow.ts";
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

  /** What was learned before the restart. */
  remember(flows: readonly ExpectedFlow[]): void {
    this.#prior.set("profile", { flows, remarks: [] });
  }

  /** The pod's own annotation counts even before the view has the pod. */
  expectedOf({ workload, namespace, talksTo }: AskedPod): Expected {
    this.#update();
    const own = this.#samples.talksToOf(workload);
    if (talksTo !== undefined && talksTo !== own) this.#hear({ workload, namespace, talksTo });
    const expected = this.#prior.of(workload);
    if (talksTo !== undefined && talksTo !== own) this.#prior.set("annotation", this.#annotated);
    return expected;
  }

  #update(): void {
    const { pods, services, serviceFunctions, serviceFunctionChains } = this.#view;
    if (pods.list() !== this.#pods) this.#samples.setPods(pods.list());
    this.#pods = pods.list();
    const chains = serviceFunctionChains?.list() ?? [];
    const sources = [this.#samples.version, services?.list(), serviceFunctions?.list(), serviceFunctionChains?.list()];
    if (sources.every((source, at) => source === this.#sources[at]) && this.#sources.length > 0) return;
    this.#sources = sources;
    this.#annotated = annotatedFlows(this.#samples.all(), this.#context satisfies NameContext);
    this.#prior.set("annotation", this.#annotated);
    this.#prior.set("chain", chainFlows(chains, this.#context));
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
