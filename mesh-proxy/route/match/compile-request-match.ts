/** Keys of a request, turned into comparisons of bytes: no regular expression ever meets a request. */
import type { HttpMatch, SubscriberMatch, TextMatch } from "../../../core/model/traffic-match.ts";
import type { ByteRange } from "./byte-range.ts";
import { isText, isTextInAnyCase, startsWith, textBytes } from "./byte-text.ts";
import type { HeaderFact, RequestFacts } from "./request-facts.ts";

export type RequestHolds = (facts: RequestFacts) => boolean;
type RangeHolds = (range: ByteRange) => boolean;

const SLASH = 0x2f;

/** @param headerFact the fact that says whether a header is there; the same header has one fact for all chains */
export function compileRequestMatch(
  match: HttpMatch,
  headerFact: (name: string, value: string) => HeaderFact,
): RequestHolds {
  const method = anyOf(match.methods?.map(methodHolds));
  const host = anyOf(match.hosts?.map(hostHolds));
  const path = anyOf(match.paths?.map(pathHolds));
  const supi = anyOf(match.supis?.map((one) => subscriberHolds(one, "imsi-")));
  const gpsi = anyOf(match.gpsis?.map((one) => subscriberHolds(one, "msisdn-")));
  const headers = match.headers?.map(({ name, value }) => headerFact(name, value)) ?? [];
  return (facts) =>
    (method === undefined || method(facts.method)) &&
    (path === undefined || path(facts.path)) &&
    (host === undefined || host(facts.host)) &&
    headers.every(isThere) &&
    (supi === undefined || anySubscriber(facts, supi)) &&
    (gpsi === undefined || anySubscriber(facts, gpsi));
}

export function hostHolds(pattern: string): RangeHolds {
  if (!pattern.startsWith("*.")) {
    const text = textBytes(pattern);
    return ({ bytes, start, end }) => isTextInAnyCase(bytes, start, end, text);
  }
  const suffix = textBytes(pattern.slice(1));
  return ({ bytes, start, end }) =>
    end - start > suffix.length && isTextInAnyCase(bytes, end - suffix.length, end, suffix);
}

function anyOf(entries: readonly RangeHolds[] | undefined): RangeHolds | undefined {
  if (entries === undefined) return undefined;
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return only;
  return (range) => {
    for (const holds of entries) if (holds(range)) return true;
    return false;
  };
}

function methodHolds(method: string): RangeHolds {
  const text = textBytes(method);
  return ({ bytes, start, end }) => isText(bytes, start, end, text);
}

function pathHolds({ type, value }: TextMatch): RangeHolds {
  if (type === "Exact") {
    const text = textBytes(value);
    return ({ bytes, start, end }) => isText(bytes, start, end, text);
  }
  const text = textBytes(value.endsWith("/") ? value.slice(0, -1) : value);
  return (range) => {
    const { bytes, start, end } = range;
    const behind = start + text.length;
    return !range.isEmpty && startsWith(bytes, start, end, text) && (behind === end || bytes[behind] === SLASH);
  };
}

function subscriberHolds(match: SubscriberMatch, kindOfRanges: string): RangeHolds {
  if (match.type === "Range") return rangeHolds(textBytes(kindOfRanges), textBytes(match.start), textBytes(match.end));
  const text = textBytes(match.value);
  return match.type === "Exact"
    ? ({ bytes, start, end }) => isText(bytes, start, end, text)
    : ({ bytes, start, end }) => startsWith(bytes, start, end, text);
}

/** Digits of one length compare as their text does. */
function rangeHolds(kind: Uint8Array, first: Uint8Array, last: Uint8Array): RangeHolds {
  return ({ bytes, start, end }) => {
    if (end - start !== kind.length + first.length || !startsWith(bytes, start, end, kind)) return false;
    const digits = start + kind.length;
    for (let at = digits; at < end; at++)
      if ((bytes[at] as number) < 0x30 || (bytes[at] as number) > 0x39) return false;
    return compareAt(bytes, digits, first) >= 0 && compareAt(bytes, digits, last) <= 0;
  };
}

function compareAt(bytes: Uint8Array, start: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    const difference = (bytes[start + i] as number) - (text[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function anySubscriber({ subscribers }: RequestFacts, holds: RangeHolds): boolean {
  for (let at = 0; at < subscribers.count; at++) {
    const value = subscribers.values[at];
    if (value !== undefined && holds(value)) return true;
  }
  return false;
}

function isThere(header: HeaderFact): boolean {
  return header.isThere;
}
