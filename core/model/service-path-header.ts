/** Where on its path traffic is: what the service path header of RFC 8300 says, and how it counts down. */

export interface ServicePathHeader {
  /** Service path identifier, 0 .. 2^24-1. */
  readonly spi: number;
  /** Service index, 0 .. 255; counts down by one per function. */
  readonly serviceIndex: number;
  /** Forwarders the traffic may still pass, 0 .. 63. */
  readonly ttl: number;
}

export type ServicePathResult =
  | { readonly kind: "header"; readonly header: ServicePathHeader }
  | { readonly kind: "rejected"; readonly reason: string };

/** What RFC 8300 section 2.2 recommends as the first TTL. */
export const ttlFirst = 63;

/**
 * One step along the path: to `serviceIndex`, one less unless told, and ttl - 1. Refused when the index would not get smaller
 * or the TTL would reach 0.
 * RFC 8300 lets an incoming TTL of 0 wrap to 63 for the sake of old senders; there are none here, so it is refused.
 */
export function advanceServicePath(
  header: ServicePathHeader,
  serviceIndex: number = header.serviceIndex - 1,
): ServicePathResult {
  if (serviceIndex < 0 || serviceIndex >= header.serviceIndex)
    return rejected(`service index of path ${header.spi} is used up`);
  if (header.ttl < 2) return rejected(`TTL of path ${header.spi} ran out: the path loops or is too long`);
  return { kind: "header", header: { spi: header.spi, serviceIndex, ttl: header.ttl - 1 } };
}

function rejected(reason: string): ServicePathResult {
  return { kind: "rejected", reason };
}
