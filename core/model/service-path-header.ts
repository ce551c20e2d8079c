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

export type ServicePathStep =
  | { readonly kind: "header"; readonly header: ServicePathHeader }
  | { readonly kind: "rejected"; readonly by: "index-used-up" | "ttl-expired"; readonly reason: string };

/** What RFC 8300 section 2.2 recommends as the first TTL. */
export const ttlFirst = 63;
/** Functions that traffic can pass before its TTL runs out: the last of them sends it on with a TTL of 1. */
export const functionsPassedMax = ttlFirst - 1;

/**
 * One step along the path: to `serviceIndex`, one less unless told, and ttl - 1. Refused when the index would not get smaller
 * or the TTL would reach 0 (section 2.2: such a packet is dropped).
 * RFC 8300 lets an incoming TTL of 0 wrap to 63 for the sake of old senders; there are none here, so it is refused.
 */
export function advanceServicePath(
  header: ServicePathHeader,
  serviceIndex: number = header.serviceIndex - 1,
): ServicePathStep {
  const { spi, ttl } = header;
  if (serviceIndex < 0 || serviceIndex >= header.serviceIndex)
    return { kind: "rejected", by: "index-used-up", reason: `service index of path ${spi} is used up` };
  if (ttl < 2) {
    const reason = `TTL of path ${spi} ran out: the path loops or is too long`;
    return { kind: "rejected", by: "ttl-expired", reason };
  }
  return { kind: "header", header: { spi, serviceIndex, ttl: ttl - 1 } };
}
