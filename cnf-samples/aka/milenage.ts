/**
 * MILENAGE, the example algorithm set of TS 35.206: with E_K for AES-128, TEMP = E_K(RAND xor OPc) and
 * OUT_i = E_K(rot(TEMP xor OPc, r_i) xor c_i) xor OPc, every f1..f5* is a part of one OUT_i.
 */
import { createCipheriv } from "node:crypto";

export interface MilenageKey {
  /** Subscriber key K, 16 bytes. */
  readonly k: Uint8Array;
  /** Operator variant OPc = E_K(OP) xor OP, 16 bytes. */
  readonly opc: Uint8Array;
}

export interface MilenageResponse {
  /** f2: 8 bytes. */
  readonly res: Buffer;
  /** f3: 16 bytes. */
  readonly ck: Buffer;
  /** f4: 16 bytes. */
  readonly ik: Buffer;
  /** f5: 6 bytes, conceals SQN towards the UE. */
  readonly ak: Buffer;
  /** f5*: 6 bytes, conceals SQN from the UE in a resynchronisation. */
  readonly akStar: Buffer;
}

export interface MilenageCodes {
  /** f1: 8 bytes, authenticates the network. */
  readonly macA: Buffer;
  /** f1*: 8 bytes, authenticates a resynchronisation. */
  readonly macS: Buffer;
}

/** f2, f3, f4, f5 and f5* for a 16-byte RAND. */
export function milenageResponse(key: MilenageKey, rand: Uint8Array): MilenageResponse {
  const temp = tempOf(key, rand);
  const out2 = outOf(key, temp, 0, 1);
  return {
    res: out2.subarray(8, 16),
    ak: out2.subarray(0, 6),
    ck: outOf(key, temp, 32, 2),
    ik: outOf(key, temp, 64, 4),
    akStar: outOf(key, temp, 96, 8).subarray(0, 6),
  };
}

/** f1 and f1* over RAND, the 6-byte SQN and the 2-byte authentication management field. */
export function milenageCodes(
  key: MilenageKey,
  rand: Uint8Array,
  sqn: Uint8Array,
  authenticationField: Uint8Array,
): MilenageCodes {
  const temp = tempOf(key, rand);
  const in1 = Buffer.concat([sqn, authenticationField, sqn, authenticationField]);
  const rotated = rotated8(xor(in1, key.opc));
  const out1 = xor(encrypt(key.k, xor(temp, rotated)), key.opc);
  return { macA: out1.subarray(0, 8), macS: out1.subarray(8, 16) };
}

/** OPc of an operator's OP. */
export function opcOf(k: Uint8Array, op: Uint8Array): Buffer {
  return xor(encrypt(k, op), op);
}

export function xor(left: Uint8Array, right: Uint8Array): Buffer {
  const result = Buffer.alloc(left.length);
  for (let index = 0; index < left.length; index++) result[index] = (left[index] ?? 0) ^ (right[index] ?? 0);
  return result;
}

function tempOf({ k, opc }: MilenageKey, rand: Uint8Array): Buffer {
  return encrypt(k, xor(rand, opc));
}

/** OUT_i for a rotation in bits (a multiple of 8) and the constant whose last byte is `constant`. */
function outOf({ k, opc }: MilenageKey, temp: Uint8Array, rotationBits: number, constant: number): Buffer {
  const masked = xor(temp, opc);
  const bytes = rotationBits / 8;
  const rotated = Buffer.concat([masked.subarray(bytes), masked.subarray(0, bytes)]);
  rotated[15] = (rotated[15] ?? 0) ^ constant;
  return xor(encrypt(k, rotated), opc);
}

/** Rotation by r1 = 64 bits. */
function rotated8(block: Buffer): Buffer {
  return Buffer.concat([block.subarray(8), block.subarray(0, 8)]);
}

function encrypt(k: Uint8Array, block: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-ecb", k, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}
