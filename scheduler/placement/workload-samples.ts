/** One pod of each workload, by which workloads are found from selectors and names: the same one in whatever order pods are listed. */
import { type Pod, podKey } from "../../core/model/pod.ts";
import { type Service, selects } from "../../core/model/service.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { podChanges } from "./pod-changes.ts";
import { parseTalksTo, type TalksTo, talksToAnnotation } from "./talks-to.ts";

export interface WorkloadSample {
  /** Workload key. */
  readonly workload: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  /** The annotation's text. */
  readonly talksTo: string | undefined;
  readonly talking: TalksTo | undefined;
}

/** An update costs work for workloads whose pods came or went; the version grows only if a workload came, went or looks different. */
export class WorkloadSamples {
  /** By workload, its pods by key. */
  readonly #members = new Map<string, Map<string, Pod>>();
  readonly #samples = new Map<string, WorkloadSample>();
  readonly #byNamespace = new Map<string, Map<string, WorkloadSample>>();
  /** By the `namespace/name` that annotations say, keys of the workloads that say it. */
  readonly #mentions = new Map<string, Set<string>>();
  #pods: readonly Pod[] = [];
  #version = 0;

  get version(): number {
    return this.#version;
  }

  setPods(pods: readonly Pod[]): void {
    const { gone, came } = podChanges(this.#pods, pods);
    this.#pods = pods;
    const touched = new Set<string>();
    for (const pod of gone) touched.add(this.#leaveOut(pod));
    for (const pod of came) if (!pod.isFinished) touched.add(this.#takeIn(pod));
    for (const workload of touched) this.#renew(workload);
  }

  /** In the order of their keys. */
  all(): readonly WorkloadSample[] {
    return [...this.#samples.values()].sort(byWorkload);
  }

  get(workload: string): WorkloadSample | undefined {
    return this.#samples.get(workload);
  }

  /** Workloads whose annotation says this `namespace/name`, be it of a workload or of a Service. */
  mentioning(key: string): readonly WorkloadSample[] {
    return [...(this.#mentions.get(key) ?? [])].flatMap((workload) => this.#samples.get(workload) ?? []);
  }

  /** What pods run, by their workload's key. */
  images(): ReadonlyMap<string, string> {
    return new Map(this.all().map(({ workload, image }) => [workload, image]));
  }

  /** Keys of workloads whose pods a selector selects, in order. */
  selectedBy(namespace: string, selector: Readonly<Record<string, string>>): readonly string[] {
    const samples = [...(this.#byNamespace.get(namespace)?.values() ?? [])];
    const selected = samples.filter(({ labels }) => selects(selector, labels));
    return selected.sort(byWorkload).map(({ workload }) => workload);
  }

  /** The workload of that name, or those behind the Service of that name. */
  named(namespace: string, name: string, serviceOf: (key: string) => Service | undefined): readonly string[] {
    const key = workloadKey({ namespace, name });
    if (this.#samples.has(key)) return [key];
    const service = serviceOf(key);
    return service ? this.selectedBy(namespace, service.selector) : [];
  }

  #takeIn(pod: Pod): string {
    const workload = workloadKey(pod.workload);
    const members = this.#members.get(workload) ?? new Map<string, Pod>();
    this.#members.set(workload, members.set(podKey(pod), pod));
    return workload;
  }

  #leaveOut(pod: Pod): string {
    const workload = workloadKey(pod.workload);
    const members = this.#members.get(workload);
    members?.delete(podKey(pod));
    if (members?.size === 0) this.#members.delete(workload);
    return workload;
  }

  /** The version grows if anything else is known of the workload now. */
  #renew(workload: string): void {
    const pod = bestOf(this.#members.get(workload)?.values() ?? []);
    const known = this.#samples.get(workload);
    if (pod ? known && looksLike(known, pod) : !known) return;
    this.#version += 1;
    if (known) this.#forget(known);
    if (pod) this.#remember(sampleOf(workload, pod));
  }

  #forget({ workload, namespace, talking }: WorkloadSample): void {
    this.#samples.delete(workload);
    this.#byNamespace.get(namespace)?.delete(workload);
    for (const key of talking?.entries.map(workloadKey) ?? []) {
      const mentioning = this.#mentions.get(key);
      mentioning?.delete(workload);
      if (mentioning?.size === 0) this.#mentions.delete(key);
    }
  }

  #remember(sample: WorkloadSample): void {
    const { workload, namespace, talking } = sample;
    this.#samples.set(workload, sample);
    const neighbours = this.#byNamespace.get(namespace) ?? new Map<string, WorkloadSample>();
    this.#byNamespace.set(namespace, neighbours.set(workload, sample));
    for (const key of talking?.entries.map(workloadKey) ?? []) {
      const mentioning = this.#mentions.get(key) ?? new Set<string>();
      this.#mentions.set(key, mentioning.add(workload));
    }
  }
}

function byWorkload(a: WorkloadSample, b: WorkloadSample): number {
  return a.workload < b.workload ? -1 : 1;
}

function bestOf(pods: Iterable<Pod>): Pod | undefined {
  let best: Pod | undefined;
  for (const pod of pods) if (isBetter(pod, best)) best = pod;
  return best;
}

/** A pod that is about to go may be of an older template. */
function isBetter(pod: Pod, known: Pod | undefined): boolean {
  if (!known || known.isTerminating !== pod.isTerminating) return known?.isTerminating ?? true;
  return pod.name < known.name;
}

function sampleOf(workload: string, { namespace, labels, annotations, image }: Pod): WorkloadSample {
  const talksTo = annotations[talksToAnnotation];
  const talking = talksTo === undefined ? undefined : parseTalksTo(talksTo, namespace);
  return { workload, namespace, labels, image, talksTo, talking };
}

function looksLike(sample: WorkloadSample, pod: Pod): boolean {
  if (sample.image !== pod.image || sample.talksTo !== pod.annotations[talksToAnnotation]) return false;
  const entries = Object.entries(sample.labels);
  return (
    entries.length === Object.keys(pod.labels).length && entries.every(([key, value]) => pod.labels[key] === value)
  );
}
