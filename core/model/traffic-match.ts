/**
 * What traffic is like: the keys of a classifier beyond its pods and its Service. All keys that are given must hold; of a
 * list one entry is enough, but for headers, which must all be there.
 */

export interface TrafficMatch {
  /** Blocks such as `10.45.0.0/16`, of the client's address as first seen. */
  readonly sources?: readonly string[] | undefined;
  /** What a TLS client asks for in its first message (RFC 6066, section 3): see `hosts`. */
  readonly serverNames?: readonly string[] | undefined;
  /** Keys of one request of HTTP/1.1 or HTTP/2. */
  readonly http?: HttpMatch | undefined;
}

export interface HttpMatch {
  /** In lower case, without a port: exact, or `*.example.org` for every name that ends with `.example.org`. */
  readonly hosts?: readonly string[] | undefined;
  /** Of the path without its query, percent-encoding undone. A prefix ends at a `/`: `/a/b` is in `/a`, `/ab` is not. */
  readonly paths?: readonly TextMatch[] | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly headers?: readonly HeaderMatch[] | undefined;
  /** Subscription permanent identifiers, such as `imsi-208930000000003` (TS 29.571, Supi). */
  readonly supis?: readonly SubscriberMatch[] | undefined;
  /** Generic public subscription identifiers, such as `msisdn-4915100000001` (TS 29.571, Gpsi). */
  readonly gpsis?: readonly SubscriberMatch[] | undefined;
}

export interface TextMatch {
  readonly type: "Exact" | "Prefix";
  readonly value: string;
}

export interface HeaderMatch {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** A range is of the digits of an IMSI (of an MSISDN for a GPSI): as many as both its ends have, ends included. */
export type SubscriberMatch = TextMatch | { readonly type: "Range"; readonly start: string; readonly end: string };

/** Most entries of one list. */
export const matchEntriesMax = 32;
/** Most chains that share one upstream of a pod. */
export const upstreamMatchesMax = 64;

/** Whether nothing is asked, so that all traffic is meant. */
export function isEveryTraffic(match: TrafficMatch | undefined): boolean {
  return !match?.sources && !match?.serverNames && !match?.http;
}
