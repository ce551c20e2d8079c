/** Whether two matches can hold for the same traffic. */
import { type Cidr, cidrsOverlap, parseCidr } from "./cidr.ts";
import type { HeaderMatch, HttpMatch, SubscriberMatch, TextMatch, TrafficMatch } from "./traffic-match.ts";

/** False only where no traffic can be meant by both: where some key that both give has no value in common. */
export function matchesOverlap(a: TrafficMatch | undefined = {}, b: TrafficMatch | undefined = {}): boolean {
  return (
    anyPair(cidrsOf(a), cidrsOf(b), cidrsOverlap) &&
    anyPair(a.serverNames, b.serverNames, hostsOverlap) &&
    (a.http === undefined || b.http === undefined || requestsOverlap(a.http, b.http))
  );
}

function requestsOverlap(a: HttpMatch, b: HttpMatch): boolean {
  return (
    anyPair(a.hosts, b.hosts, hostsOverlap) &&
    anyPair(a.paths, b.paths, pathsOverlap) &&
    anyPair(a.methods, b.methods, (one, other) => one === other) &&
    anyPair(a.supis, b.supis, subscribersOverlap) &&
    anyPair(a.gpsis, b.gpsis, subscribersOverlap) &&
    headersOverlap(a.headers ?? [], b.headers ?? [])
  );
}

function anyPair<T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  overlap: (one: T, other: T) => boolean,
): boolean {
  return a === undefined || b === undefined || a.some((one) => b.some((other) => overlap(one, other)));
}

function cidrsOf({ sources }: TrafficMatch): readonly Cidr[] | undefined {
  return sources?.flatMap((text) => parseCidr(text) ?? []);
}

function hostsOverlap(a: string, b: string): boolean {
  const isWildA = a.startsWith("*.");
  const isWildB = b.startsWith("*.");
  if (isWildA && isWildB) return a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
  if (isWildA) return isUnder(b, a);
  return isWildB ? isUnder(a, b) : a === b;
}

function isUnder(name: string, wildcard: string): boolean {
  return name.length >= wildcard.length && name.endsWith(wildcard.slice(1));
}

function pathsOverlap(a: TextMatch, b: TextMatch): boolean {
  if (a.type === "Exact" && b.type === "Exact") return a.value === b.value;
  if (a.type === "Exact") return isInPath(a.value, b.value);
  return isInPath(b.value, a.value) || (b.type === "Prefix" && isInPath(a.value, b.value));
}

function isInPath(path: string, prefix: string): boolean {
  const start = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  return path === start || path.startsWith(`${start}/`);
}

/** A header may stand in several lines, but one that is asked to be two things at once is taken to be never. */
function headersOverlap(a: readonly HeaderMatch[], b: readonly HeaderMatch[]): boolean {
  return a.every(({ name, value }) => b.every((other) => other.name !== name || other.value === value));
}

function subscribersOverlap(a: SubscriberMatch, b: SubscriberMatch): boolean {
  if (a.type === "Range" && b.type === "Range") {
    return a.start.length === b.start.length && a.start <= b.end && b.start <= a.end;
  }
  if (a.type === "Range") return b.type !== "Range" && isInRange(b, a);
  if (b.type === "Range") return isInRange(a, b);
  if (a.type === "Exact") return b.type === "Exact" ? a.value === b.value : a.value.startsWith(b.value);
  return b.value.startsWith(a.value) || (b.type === "Prefix" && a.value.startsWith(b.value));
}

/** Whether some identifier of the range is, or begins with, the text. */
function isInRange({ type, value }: TextMatch, range: { readonly start: string; readonly end: string }): boolean {
  const dash = value.indexOf("-");
  const kind = value.slice(0, dash);
  if (dash < 0 || (kind !== "imsi" && kind !== "msisdn")) return false;
  const digits = value.slice(dash + 1);
  const { length } = range.start;
  if (!/^\d*$/.test(digits) || digits.length > length || (type === "Exact" && digits.length < length)) return false;
  return digits.padEnd(length, "0") <= range.end && digits.padEnd(length, "9") >= range.start;
}
