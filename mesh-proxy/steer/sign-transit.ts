/** Signatures of a flow's way through the functions of its path, one upon the other. */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { parseIpAddress, toIpv6Bytes } from "../../core/model/ip-address.ts";
import type { PathProof } from "../../core/model/mesh-snapshot.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { PROOF_MAC_BYTES, PROOF_NONCE_BYTES, type TransitProof } from "../codec/transit-proof.ts";

/** `bypassed`: only functions are missing that may be. */
export type TransitVerdict = "proved" | "bypassed" | "absent" | "skipped" | "forged";

export interface JudgedTransit {
  readonly verdict: TransitVerdict;
  /** Service indexes of functions that did not sign. */
  readonly missing: readonly number[];
}

/** A proof that nobody has signed. */
export function beginTransit(spi: number): TransitProof {
  return { spi, nonce: randomBytes(PROOF_NONCE_BYTES), mac: Buffer.alloc(PROOF_MAC_BYTES), signed: [] };
}

/**
 * MAC = HMAC-SHA-256(key, MAC before | nonce | SPI | service index | the client's address and port).
 * After draft-ietf-sfc-proof-of-transit, whose secret shares are replaced by a key for each hop that the verifier has too.
 */
export function signTransit(
  proof: TransitProof,
  { serviceIndex, key }: { readonly serviceIndex: number; readonly key: string },
  source: SocketEndpoint,
): TransitProof {
  const place = Buffer.alloc(22);
  place.writeUInt32BE(proof.spi * 256 + serviceIndex, 0);
  place.set(toIpv6Bytes(parseIpAddress(source.address) ?? new Uint8Array(16)), 4);
  place.writeUInt16BE(source.port, 20);
  const hmac = createHmac("sha256", Buffer.from(key, "hex")).update(proof.mac).update(proof.nonce).update(place);
  return { ...proof, mac: hmac.digest(), signed: [...proof.signed, serviceIndex] };
}

/** @param spi of the path that the flow claims to have come on */
export function judgeTransit(
  proof: TransitProof | undefined,
  { keys }: PathProof,
  { spi, source }: { readonly spi: number; readonly source: SocketEndpoint },
): JudgedTransit {
  if (proof === undefined || proof.spi !== spi)
    return { verdict: "absent", missing: keys.map(({ serviceIndex }) => serviceIndex) };
  const byIndex = new Map(keys.map((own) => [own.serviceIndex, own]));
  let again: TransitProof = { ...proof, mac: Buffer.alloc(PROOF_MAC_BYTES), signed: [] };
  for (const serviceIndex of proof.signed) {
    const own = byIndex.get(serviceIndex);
    if (own === undefined) return { verdict: "forged", missing: [] };
    again = signTransit(again, own, source);
    byIndex.delete(serviceIndex);
  }
  if (!timingSafeEqual(again.mac, proof.mac)) return { verdict: "forged", missing: [] };
  const missing = [...byIndex.values()];
  const verdict =
    missing.length === 0 ? "proved" : missing.every(({ isOptional }) => isOptional) ? "bypassed" : "skipped";
  return { verdict, missing: missing.map(({ serviceIndex }) => serviceIndex) };
}
