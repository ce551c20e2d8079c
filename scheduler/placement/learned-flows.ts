/** What was ever measured between workloads, faded by its age: the memory behind TrafficProfile objects. */
import { type Flow, type FlowEnd, flowBytesPerSecond } from "../../core/model/flow.ts";
import { imageLengthMax } from "../../core/model/image-name.ts";
import type { ProfileFlow, TrafficProfile } from "../../core/model/traffic-profile.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ExpectedFlow } from "./expected-flow.ts";

export interface LearnedFlowsOptions {
  /** After this long without being measured again as high a rate counts half. */
  readonly halfLifeMs: number;
  /** Flows kept for each namespace of sources: the largest. */
  readonly flowsMax: number;
  /** Slower flows are not kept. */
  readonly ignoredBelowBytesPerSecond: number;
}

/** A flow that was measured once, and what the pods at its ends ran. */
export interface LearnedFlow extends ExpectedFlow, Images {
  readonly lastAtMs: number;
}

type Images = Pick<ProfileFlow, "sourceImage" | "destinationImage">;

interface Rates {
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
  readonly lastAtMs: number;
}

/** What Kubernetes takes as a name (RFC 1123): telemetry may say anything, and one bad name would spoil a whole profile. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_LENGTH_MAX = 253;
const BYTES_PER_SECOND_MAX = 1e15;

/** Of each pair of workloads the rate that is highest after fading, so that a quiet hour does not unlearn a busy one. */
export class LearnedFlows {
  readonly #options: LearnedFlowsOptions;
  /** By namespace of the source, then by the pair. */
  readonly #flows = new Map<string, Map<string, ProfileFlow>>();

  constructor(options: LearnedFlowsOptions) {
    this.#options = options;
  }

  /**
   * Takes in what was measured; `ageMs` of a flow counts back from `nowMs`.
   * @param imageOf what a workload's pods run, by its key; undefined where that is not known.
   */
  learn(
    flows: readonly Flow[],
    nowMs: number,
    imageOf: (workload: string) => string | undefined = () => undefined,
  ): void {
    for (const flow of flows) {
      const { source, destination, ageMs } = flow;
      if (!(flowBytesPerSecond(flow) >= this.#options.ignoredBelowBytesPerSecond)) continue;
      const names = [source.namespace, source.workload, destination.namespace, destination.workload];
      if (!names.every((name) => name.length <= NAME_LENGTH_MAX && NAME.test(name))) continue;
      const ends = { source: source.workload, destinationNamespace: destination.namespace };
      const rates = {
        requestBytesPerSecond: Math.min(flow.requestBytesPerSecond, BYTES_PER_SECOND_MAX),
        responseBytesPerSecond: Math.min(flow.responseBytesPerSecond, BYTES_PER_SECOND_MAX),
        lastAtMs: nowMs - ageMs,
      };
      const images = knownImages(imageOf(keyOf(source)), imageOf(keyOf(destination)));
      this.#keep(source.namespace, { ...ends, destination: destination.workload, ...rates, ...images }, nowMs);
    }
    this.#settle(nowMs);
  }

  /** Takes in what was learned before; times in the future, as after a clock has stepped back, count as now. */
  restore(profiles: readonly TrafficProfile[], nowMs: number): void {
    for (const { namespace, flows } of profiles)
      for (const flow of flows) this.#keep(namespace, { ...flow, lastAtMs: Math.min(flow.lastAtMs, nowMs) }, nowMs);
    this.#settle(nowMs);
  }

  /** Rates as they count now. */
  expected(nowMs: number): readonly LearnedFlow[] {
    const inOrder = [...this.#flows].sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder.flatMap(([namespace, flows]) =>
      [...flows.values()].map((flow) => ({
        source: workloadKey({ namespace, name: flow.source }),
        destination: workloadKey({ namespace: flow.destinationNamespace, name: flow.destination }),
        requestBytesPerSecond: flow.requestBytesPerSecond * this.#part(flow, nowMs),
        responseBytesPerSecond: flow.responseBytesPerSecond * this.#part(flow, nowMs),
        lastAtMs: flow.lastAtMs,
        ...knownImages(flow.sourceImage, flow.destinationImage),
      })),
    );
  }

  /** One for each namespace with flows, each flow with its rates as they were measured. */
  profiles(): readonly TrafficProfile[] {
    return [...this.#flows].map(([namespace, flows]) => ({ namespace, flows: [...flows.values()] }));
  }

  /** Whether flows have come or gone, run other images, or count more than a quarter more or less now than they would by `before`. */
  hasChanged(before: TrafficProfile | undefined, after: TrafficProfile, nowMs: number): boolean {
    if (before?.flows.length !== after.flows.length) return true;
    const known = new Map(before.flows.map((flow) => [pairOf(flow), flow]));
    return after.flows.some((flow) => {
      const old = known.get(pairOf(flow));
      if (!old || old.sourceImage !== flow.sourceImage || old.destinationImage !== flow.destinationImage) return true;
      const [was, is] = [this.#total(old, nowMs), this.#total(flow, nowMs)];
      return Math.abs(is - was) > NOTICEABLE * Math.max(is, was);
    });
  }

  #keep(namespace: string, flow: ProfileFlow, nowMs: number): void {
    const flows = this.#flows.get(namespace) ?? new Map<string, ProfileFlow>();
    this.#flows.set(namespace, flows);
    const known = flows.get(pairOf(flow));
    const counting = !known || this.#total(flow, nowMs) >= this.#total(known, nowMs) ? flow : known;
    // The latest images, whichever of the rates counts; what is not running any more is remembered.
    flows.set(pairOf(flow), { ...known, ...counting, ...knownImages(flow.sourceImage, flow.destinationImage) });
  }

  /** Forgets what has faded or is too much, and puts the largest first. */
  #settle(nowMs: number): void {
    const { flowsMax, ignoredBelowBytesPerSecond } = this.#options;
    for (const [namespace, flows] of this.#flows) {
      const kept = [...flows]
        .map(([pair, flow]) => ({ pair, flow, total: this.#total(flow, nowMs) }))
        .filter(({ total }) => total > 0 && total >= ignoredBelowBytesPerSecond)
        .sort((a, b) => b.total - a.total || (a.pair < b.pair ? -1 : 1))
        .slice(0, flowsMax);
      if (kept.length > 0) this.#flows.set(namespace, new Map(kept.map(({ pair, flow }) => [pair, flow])));
      else this.#flows.delete(namespace);
    }
  }

  #total(rates: Rates, nowMs: number): number {
    return (rates.requestBytesPerSecond + rates.responseBytesPerSecond) * this.#part(rates, nowMs);
  }

  #part({ lastAtMs }: Rates, nowMs: number): number {
    return 0.5 ** (Math.max(0, nowMs - lastAtMs) / this.#options.halfLifeMs);
  }
}

const NOTICEABLE = 0.25;

function knownImages(sourceImage: string | undefined, destinationImage: string | undefined): Images {
  return {
    ...(isKnown(sourceImage) ? { sourceImage } : {}),
    ...(isKnown(destinationImage) ? { destinationImage } : {}),
  };
}

function isKnown(image: string | undefined): boolean {
  return image !== undefined && image !== "" && image.length <= imageLengthMax;
}

function keyOf({ namespace, workload }: FlowEnd): string {
  return workloadKey({ namespace, name: workload });
}

function pairOf({ source, destinationNamespace, destination }: ProfileFlow): string {
  return `${source}>${destinationNamespace}/${destination}`;
}
