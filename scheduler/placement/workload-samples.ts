/** One pod of each workload, by which workloads are found from selectors and names: the same one in whatever order pods are listed. */
import type { Pod } from "../../core/model/pod.ts";
import { type Service, selects } from "../../core/model/service.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { talksToAnnotation } from "./talks-to.ts";

export interface WorkloadSample {
  /** Workload key. */
  readonly workload: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly talksTo: string | undefined;
}

/** An update costs one look at each pod; the version grows only if a workload came, went or looks different. */
export class WorkloadSamples {
  readonly #keys = new WeakMap<Pod, string>();
  #samples: ReadonlyMap<string, Pod> = new Map();
  #byNamespace: ReadonlyMap<string, readonly WorkloadSample[]> = new Map();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  setPods(pods: readonly Pod[]): void {
    const samples = new Map<string, Pod>();
    for (const pod of pods)
      if (!pod.isFinished && isBetter(pod, samples.get(this.#keyOf(pod)))) samples.set(this.#keyOf(pod), pod);
    const isSame = samples.size === this.#samples.size && [...samples].every(([key, pod]) => this.#isKnown(key, pod));
    this.#samples = samples;
    if (isSame) return;
    const inOrder = [...samples].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#byNamespace = Map.groupBy(inOrder.map(sampleOf), ({ namespace }) => namespace);
    this.#version += 1;
  }

  all(): readonly WorkloadSample[] {
    return [...this.#byNamespace.values()].flat();
  }

  /** The annotation as the view has it. */
  talksToOf(workload: string): string | undefined {
    return this.#samples.get(workload)?.annotations[talksToAnnotation];
  }

  /** What pods run, by their workload's key. */
  images(): ReadonlyMap<string, string> {
    return new Map([...this.#samples].map(([workload, { image }]) => [workload, image]));
  }

  /** Undefined of a workload that has no pods. */
  imageOf(workload: string): string | undefined {
    return this.#samples.get(workload)?.image;
  }

  /** Keys of workloads whose pods a selector selects. */
  selectedBy(namespace: string, selector: Readonly<Record<string, string>>): readonly string[] {
    const samples = this.#byNamespace.get(namespace) ?? [];
    return samples.filter(({ labels }) => selects(selector, labels)).map(({ workload }) => workload);
  }

  /** The workload of that name, or those behind the Service of that name. */
  named(namespace: string, name: string, serviceOf: (key: string) => Service | undefined): readonly string[] {
    const key = workloadKey({ namespace, name });
    if (this.#samples.has(key)) return [key];
    const service = serviceOf(key);
    return service ? this.selectedBy(namespace, service.selector) : [];
  }

  #keyOf(pod: Pod): string {
    const known = this.#keys.get(pod);
    if (known !== undefined) return known;
    const key = workloadKey(pod.workload);
    this.#keys.set(pod, key);
    return key;
  }

  #isKnown(key: string, pod: Pod): boolean {
    const known = this.#samples.get(key);
    return known !== undefined && (known === pod || looksLike(known, pod));
  }
}

/** A pod that is about to go may be of an older template. */
function isBetter(pod: Pod, known: Pod | undefined): boolean {
  if (!known || known.isTerminating !== pod.isTerminating) return known?.isTerminating ?? true;
  return pod.name < known.name;
}

function sampleOf([workload, { namespace, labels, annotations }]: [string, Pod]): WorkloadSample {
  return { workload, namespace, labels, talksTo: annotations[talksToAnnotation] };
}

function looksLike(a: Pod, b: Pod): boolean {
  if (a.image !== b.image) return false;
  const [of, to] = [Object.entries(a.labels), b.labels];
  if (a.annotations[talksToAnnotation] !== b.annotations[talksToAnnotation]) return false;
  return of.length === Object.keys(to).length && of.every(([key, value]) => to[key] === value);
}
