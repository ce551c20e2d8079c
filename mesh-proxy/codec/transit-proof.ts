/**
 * Which functions of a path a flow was handed to, as their proxies sign it one after the other; TLV 0xE7:
 *
 *     | version 1 | SPI (3) | nonce (16) | MAC (32) | service index of each that signed (1 each), in order |
 */
import { Buffer } from "node:buffer";

export interface TransitProof {
  readonly spi: number;
  /** Of the flow, from whoever put it on its path. */
  readonly nonce: Uint8Array;
  /** Of the last that signed; of none yet, zeros. */
  readonly mac: Uint8Array;
  /** Service indexes, each less than the one before. */
  readonly signed: readonly number[];
}

export type TransitProofResult =
  | { readonly kind: "proof"; readonly proof: TransitProof }
  | { readonly kind: "rejected"; readonly reason: string };

export const PROOF_NONCE_BYTES = 16;
export const PROOF_MAC_BYTES = 32;
const VERSION = 1;
const NONCE_AT = 4;
const MAC_AT = NONCE_AT + PROOF_NONCE_BYTES;
const SIGNED_AT = MAC_AT + PROOF_MAC_BYTES;
const SIGNED_MAX = 255;

export function transitProofByteCount({ signed }: TransitProof): number {
  return SIGNED_AT + signed.length;
}

/** Writes {@link transitProofByteCount} bytes from `start` on. */
export function writeTransitProof({ spi, nonce, mac, signed }: TransitProof, bytes: Buffer, start: number): void {
  bytes.writeUInt8(VERSION, start);
  bytes.writeUIntBE(spi, start + 1, 3);
  bytes.set(nonce, start + NONCE_AT);
  bytes.set(mac, start + MAC_AT);
  bytes.set(signed, start + SIGNED_AT);
}

/** All of `value`; the proof is a copy. */
export function readTransitProof(value: Uint8Array): TransitProofResult {
  if (value.length < SIGNED_AT)
    return rejected(`transit proof has ${value.length} bytes, at least ${SIGNED_AT} are needed`);
  if (value.length > SIGNED_AT + SIGNED_MAX) return rejected(`transit proof is signed more than ${SIGNED_MAX} times`);
  if (value[0] !== VERSION) return rejected(`transit proof has version ${value[0]}, only ${VERSION} is known`);
  const signed = [...value.subarray(SIGNED_AT)];
  if (signed.some((index, at) => index === 0 || index >= (signed[at - 1] ?? 256)))
    return rejected("transit proof's service indexes do not count down to 1 or more");
  const [, high = 0, middle = 0, low = 0] = value;
  return {
    kind: "proof",
    proof: {
      spi: (high << 16) | (middle << 8) | low,
      nonce: Buffer.from(value.subarray(NONCE_AT, MAC_AT)),
      mac: Buffer.from(value.subarray(MAC_AT, SIGNED_AT)),
      signed,
    },
  };
}

function rejected(reason: string): TransitProofResult {
  return { kind: "rejected", reason };
}
