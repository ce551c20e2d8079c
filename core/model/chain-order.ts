/** In which order chains are asked whether traffic is theirs. */
import type { Classifier, ServiceFunctionChain } from "./chain.ts";
import { parseCidr } from "./cidr.ts";
import type { HttpMatch, SubscriberMatch, TextMatch } from "./traffic-match.ts";

/** More than any length: an exact value is narrower than every prefix. */
const EXACT = 10_000;
const RANGE = 5000;
const NO_HTTP: HttpMatch = {};

/** The higher priority first; of equals the more specific one; of equals the first by name. */
export function compareChains(a: ServiceFunctionChain, b: ServiceFunctionChain): number {
  return b.priority - a.priority || compareSpecificity(a.classifier, b.classifier) || (a.name < b.name ? -1 : 1);
}

/**
 * Below 0 where `a` is more specific. Key after key: subscribers, path, host, headers, method, server name, source block,
 * labels. An exact value goes before a range, that before a prefix, a longer prefix before a shorter one, any before none;
 * a list counts as its widest entry.
 */
function compareSpecificity(a: Classifier, b: Classifier): number {
  const [ofA, ofB] = [ranksOf(a), ranksOf(b)];
  const at = ofA.findIndex((rank, index) => rank !== ofB[index]);
  return at < 0 ? 0 : (ofB[at] as number) - (ofA[at] as number);
}

function ranksOf({ from, match = {} }: Classifier): readonly number[] {
  const { supis, gpsis, paths, hosts, headers, methods } = match.http ?? NO_HTTP;
  return [
    widest(supis, subscriberRank) + widest(gpsis, subscriberRank),
    widest(paths, textRank),
    widest(hosts, hostRank),
    headers?.length ?? 0,
    methods === undefined ? 0 : 1,
    widest(match.serverNames, hostRank),
    widest(match.sources, sourceRank),
    Object.keys(from).length,
  ];
}

function widest<T>(entries: readonly T[] | undefined, rankOf: (entry: T) => number): number {
  return entries === undefined || entries.length === 0 ? 0 : Math.min(...entries.map(rankOf));
}

function subscriberRank(match: SubscriberMatch): number {
  return match.type === "Range" ? RANGE : textRank(match);
}

function textRank({ type, value }: TextMatch): number {
  return type === "Exact" ? EXACT : value.length;
}

function hostRank(host: string): number {
  return host.startsWith("*.") ? host.length : EXACT;
}

/** IPv4 counts as the part of IPv6 that it is mapped to; the block of everything is narrower than no block at all. */
function sourceRank(text: string): number {
  const cidr = parseCidr(text);
  return cidr === undefined ? 0 : 1 + cidr.prefixLength + (cidr.bytes.length === 4 ? 96 : 0);
}
