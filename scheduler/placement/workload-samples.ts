/** One pod of each workload, by which workloads are found from selectors and names. */
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
  /** The annotation's text. */
  readonly talksTo: string | undefined;
  readonly talking: TalksTo | undefined;
}

/** An update costs work for workloads whose pods came or went; the version grows only if a workload came, went or looks different. */
export class WorkloadSamples {
  /** By workload, its pods by key in the order in which they came: the newest is the sample. */
  readonly #members = new Map<string, Map<string, Pod>>();
  readonly #samples = new Map<string, WorkloadSample>();
  /** By the `namespace/name` that annotations say, keys of the workloads that say it. */
  readonly #mentions = new Map<string, Set<string>>();
  #pods: readonly Pod[] = [];
  #byNamespace: ReadonlyMap<string, readonly WorkloadSample[]> = new Map();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  setPods(pods: readonly Pod[]): void {
    const { gone, came } = podChanges(this.#pods, pods);
    this.#pods = pods;
    const touched = new Set<string>();
    // Those that changed keep their place in the order: they come before they go.
    for (const pod of came) if (!pod.isFinished) touched.add(this.#takeIn(pod));
    for (const pod of gone) touched.add(this.#leaveOut(pod));
    const isOther = [...touched].map((workload) => this.#renew(workload)).includes(true);
    if (!isOther) return;
    this.#byNamespace = Map.groupBy(this.#samples.values(), ({ namespace }) => namespace);
    this.#version += 1;
  }

  all(): readonly WorkloadSample[] {
    return [...this.#samples.values()];
  }

  get(workload: string): WorkloadSample | undefined {
    return this.#samples.get(workload);
  }

  /** Workloads whose annotation says this `namespace/name`, be it of a workload or of a Service. */
  mentioning(key: string): readonly WorkloadSample[] {
    return [...(this.#mentions.get(key) ?? [])].flatMap((workload) => this.#samples.get(workload) ?? []);
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

  #takeIn(pod: Pod): string {
    const workload = workloadKey(pod.workload);
    const members = this.#members.get(workload) ?? new Map<string, Pod>();
    this.#members.set(workload, members.set(podKey(pod), pod));
    return workload;
  }

  #leaveOut(pod: Pod): string {
    const workload = workloadKey(pod.workload);
    const members = this.#members.get(workload);
    if (members?.get(podKey(pod)) === pod) members.delete(podKey(pod));
    if (members?.size === 0) this.#members.delete(workload);
    return workload;
  }

  /** Whether anything else is known of the workload now. */
  #renew(workload: string): boolean {
    const pod = [...(this.#members.get(workload)?.values() ?? [])].at(-1);
    const known = this.#samples.get(workload);
    if (pod ? known && looksLike(known, pod) : !known) return false;
    for (const key of mentionsOf(known)) this.#mentions.get(key)?.delete(workload);
    this.#samples.delete(workload);
    if (!pod) return true;
    const sample = sampleOf(workload, pod);
    this.#samples.set(workload, sample);
    for (const key of mentionsOf(sample)) {
      const mentioning = this.#mentions.get(key) ?? new Set<string>();
      this.#mentions.set(key, mentioning.add(workload));
    }
    return true;
  }
}

function mentionsOf(sample: WorkloadSample | undefined): readonly string[] {
  return sample?.talking?.entries.map(workloadKey) ?? [];
}

function sampleOf(workload: string, { namespace, labels, annotations }: Pod): WorkloadSample {
  const talksTo = annotations[talksToAnnotation];
  const talking = talksTo === undefined ? undefined : parseTalksTo(talksTo, namespace);
  return { workload, namespace, labels, talksTo, talking };
}

function looksLike({ labels: of, talksTo }: WorkloadSample, { labels: to, annotations }: Pod): boolean {
  if (annotations[talksToAnnotation] !== talksTo) return false;
  const entries = Object.entries(of);
  return entries.length === Object.keys(to).length && entries.every(([key, value]) => to[key] === value);
}
