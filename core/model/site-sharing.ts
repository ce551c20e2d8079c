/** How a Service's load is shared among sites, as its annotations declare it. A site is a zone. */
import type { Parsed } from "./parsed.ts";
import { parseQuantity } from "./quantity.ts";

export interface SiteSharing {
  /** What is over a site's capacity goes to sites at most this far, one way. */
  readonly oneWayMsMax: number;
  /** What one pod takes in. */
  readonly podBytesPerSecond: number;
}

/** `"5"`: milliseconds. */
export const shareWithinAnnotation = "weft.dev/share-within-ms";
/** `"4M"`: bytes per second. */
export const podCapacityAnnotation = "weft.dev/pod-capacity";

const DELAY_MS_MAX = 10_000;

/** Undefined where nothing is shared; a rejection names the annotation. */
export function siteSharingOf(annotations: Readonly<Record<string, string>>): Parsed<SiteSharing> | undefined {
  const [within, capacity] = [annotations[shareWithinAnnotation], annotations[podCapacityAnnotation]];
  if (within === undefined && capacity === undefined) return undefined;
  if (within === undefined) return rejected(shareWithinAnnotation, `is needed beside ${podCapacityAnnotation}`);
  if (capacity === undefined) return rejected(podCapacityAnnotation, `is needed beside ${shareWithinAnnotation}`);
  const oneWayMsMax = /^\d+(\.\d+)?$/.test(within) ? Number(within) : Number.NaN;
  if (!(oneWayMsMax > 0 && oneWayMsMax <= DELAY_MS_MAX))
    return rejected(
      shareWithinAnnotation,
      `"${within}" is not a number of milliseconds above 0 and up to ${DELAY_MS_MAX}`,
    );
  const parsed = parseQuantity(capacity);
  if (parsed.kind === "rejected") return rejected(podCapacityAnnotation, parsed.reason);
  if (!(parsed.value > 0)) return rejected(podCapacityAnnotation, `"${capacity}" must be above 0`);
  return { kind: "parsed", value: { oneWayMsMax, podBytesPerSecond: parsed.value } };
}

function rejected(annotation: string, reason: string): Parsed<never> {
  return { kind: "rejected", field: `metadata.annotations["${annotation}"]`, reason };
}
