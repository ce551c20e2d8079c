/** Which workload a new one takes over from, going by what their pods run. */
import { imageRepository } from "../../core/model/image-name.ts";
import type { Remark } from "./expected-flow.ts";

/** What the pods of workloads run now, by workload key; empty where they do not say. */
export type RunningImages = ReadonlyMap<string, string>;

/** What workloads ran whose flows were measured, by workload key. */
export type FormerImages = ReadonlyMap<string, FormerImage>;

export interface FormerImage {
  readonly image: string;
  /** When any flow of the workload was last measured. */
  readonly lastAtMs: number;
}

export interface Predecessors {
  /** By workload keys: of the new one, the old one. */
  readonly of: ReadonlyMap<string, string>;
  readonly remarks: readonly Remark[];
}

const NAMED_MAX = 3;

/**
 * New is what runs and was never measured. Its predecessor is a workload of its namespace with the same image: the very same if
 * there is one, else another version of it. If one such workload still runs, that is it; if none does, the one that was measured
 * last; if several do, they share an image that does not tell what they do, and there is none. Where the namespace has none at all,
 * it is the workload of the same name, too, in another namespace that was measured last. O(workloads).
 */
export function predecessors(running: RunningImages, former: FormerImages): Predecessors {
  const formerImages = [...former].map(([workload, { image }]) => [workload, image] as const);
  const index: Index = { running, former, present: imageIndex(running), past: imageIndex(formerImages) };
  const of = new Map<string, string>();
  const remarks: Remark[] = [];
  for (const [workload, image] of running) {
    if (image === "" || former.has(workload)) continue;
    const { old, said } = within(workload, image, index) ?? elsewhere(workload, image, index) ?? {};
    if (old !== undefined) of.set(workload, old);
    if (said !== undefined) remarks.push({ workloads: [workload], text: `image ${image}: ${said}` });
  }
  return { of, remarks };
}

interface Index {
  readonly running: RunningImages;
  readonly former: FormerImages;
  readonly present: ImageIndex;
  readonly past: ImageIndex;
}

type ImageIndex = ReadonlyMap<string, readonly string[]>;

interface Found {
  readonly old?: string;
  /** What to tell of it. */
  readonly said: string;
}

/** The very image, then any version of it. */
const likenesses = [(image: string) => `=${image}`, (image: string) => `~${imageRepository(image)}`];

function within(workload: string, image: string, { running, former, present, past }: Index): Found | undefined {
  for (const likeness of likenesses) {
    const key = likeness(image) + inNamespace(workload);
    const others = (present.get(key) ?? []).filter((other) => other !== workload);
    if (others.length > 1) return { said: `says nothing, since ${listed(others)} run it too` };
    const measured = others.filter((other) => former.has(other));
    const gone = (past.get(key) ?? []).filter((other) => !running.has(other));
    const old = measured[0] ?? latest(gone, former);
    if (old !== undefined) return found(old, former);
  }
  return undefined;
}

function elsewhere(workload: string, image: string, { former, past }: Index): Found | undefined {
  for (const likeness of likenesses) {
    const old = latest(past.get(likeness(image) + ofName(workload)) ?? [], former);
    if (old !== undefined) return found(old, former);
  }
  return undefined;
}

function found(old: string, former: FormerImages): Found {
  return { old, said: `expected to talk as ${old} did with ${former.get(old)?.image ?? ""}` };
}

/** Of two that were measured at the same time, the first by name. */
function latest(workloads: readonly string[], former: FormerImages): string | undefined {
  const atMs = (workload: string) => former.get(workload)?.lastAtMs ?? 0;
  return [...workloads].sort((a, b) => atMs(b) - atMs(a) || (a < b ? -1 : 1))[0];
}

/** Workloads by their image or any version of it, together with their namespace or their name. */
function imageIndex(images: Iterable<readonly [workload: string, image: string]>): ImageIndex {
  const index = new Map<string, string[]>();
  for (const [workload, image] of images)
    for (const likeness of likenesses)
      for (const scope of [inNamespace, ofName]) {
        const key = likeness(image) + scope(workload);
        const known = index.get(key);
        if (known) known.push(workload);
        else index.set(key, [workload]);
      }
  return index;
}

function inNamespace(workload: string): string {
  return ` ${workload.slice(0, workload.indexOf("/"))}/`;
}

function ofName(workload: string): string {
  return ` ${workload.slice(workload.indexOf("/"))}`;
}

function listed(workloads: readonly string[]): string {
  const more = workloads.length - NAMED_MAX;
  return [...workloads.slice(0, NAMED_MAX), ...(more > 0 ? [`${more} more`] : [])].join(" and ");
}
