/** The annotation by which a workload's pods say whom they will talk to, before anybody has measured it. */
import { parseQuantity } from "../../core/model/quantity.ts";

/** On pods: `udm=200k, udr.core=1M`, a list of `name[.namespace][=bytes per second]`; names are of workloads or Services. */
export const talksToAnnotation = "weft.dev/talks-to";

/** What an entry without a rate counts. */
export const talksToDefaultBytesPerSecond = 100_000;

export interface TalksToEntry {
  readonly namespace: string;
  readonly name: string;
  /** Both directions together. */
  readonly bytesPerSecond: number;
}

export interface TalksTo {
  readonly entries: readonly TalksToEntry[];
  /** What is wrong with entries that are left out. */
  readonly errors: readonly string[];
}

const TEXT_LENGTH_MAX = 8192;
const ENTRIES_MAX = 64;
const ERRORS_MAX = 8;
const BYTES_PER_SECOND_MAX = 1e15;
const NAME = /^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/;

/** Names without a namespace are of `namespace`. */
export function parseTalksTo(text: string, namespace: string): TalksTo {
  if (text.length > TEXT_LENGTH_MAX) return failed(`is longer than ${TEXT_LENGTH_MAX} characters`);
  const texts = text.split(",").map((entry) => entry.trim());
  const named = texts.filter((entry) => entry !== "");
  const parsed = named.slice(0, ENTRIES_MAX).map((entry) => entryOf(entry, namespace));
  const errors = parsed.filter((entry) => typeof entry === "string");
  if (named.length > ENTRIES_MAX) errors.push(`only the first ${ENTRIES_MAX} of ${named.length} entries count`);
  return { entries: parsed.filter((entry) => typeof entry !== "string"), errors: errors.slice(0, ERRORS_MAX) };
}

/** The entry, or what is wrong with it. */
function entryOf(entry: string, namespace: string): TalksToEntry | string {
  const [target = "", rate, ...rest] = entry.split("=").map((part) => part.trim());
  const shown = JSON.stringify(entry.slice(0, 80));
  if (rest.length > 0) return `${shown} has more than one "="`;
  const dot = target.lastIndexOf(".");
  const [name, space] = dot < 0 ? [target, namespace] : [target.slice(0, dot), target.slice(dot + 1)];
  if (!NAME.test(name) || !NAME.test(space)) return `${shown} does not begin with a name such as udm or udr.core`;
  if (rate === undefined) return { namespace: space, name, bytesPerSecond: talksToDefaultBytesPerSecond };
  const quantity = parseQuantity(rate);
  if (quantity.kind === "rejected") return `${shown}: ${quantity.reason}`;
  const bytesPerSecond = quantity.value;
  if (bytesPerSecond > 0 && bytesPerSecond <= BYTES_PER_SECOND_MAX) return { namespace: space, name, bytesPerSecond };
  return `${shown}: bytes per second must be more than 0 and at most ${BYTES_PER_SECOND_MAX}`;
}

function failed(error: string): TalksTo {
  return { entries: [], errors: [error] };
}
