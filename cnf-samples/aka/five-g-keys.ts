/** Key derivation of 5G AKA: TS 33.501 annex A over the function of TS 33.220 annex B.2. */
import { createHash, createHmac } from "node:crypto";

/** HMAC-SHA-256(key, FC || P0 || L0 || P1 || L1 ...), L being two bytes, big-endian. */
function deriveKey(key: Uint8Array, functionCode: number, ...parameters: readonly Uint8Array[]): Buffer {
  const hmac = createHmac("sha256", key).update(Buffer.of(functionCode));
  for (const parameter of parameters) {
    hmac.update(parameter).update(Buffer.of(parameter.length >> 8, parameter.length & 0xff));
  }
  return hmac.digest();
}

export interface CipherKeys {
  readonly ck: Uint8Array;
  readonly ik: Uint8Array;
}

/** KAUSF (A.2): bound to the serving network and to SQN xor AK. */
export function kausfOf(keys: CipherKeys, servingNetworkName: string, sqnXorAk: Uint8Array): Buffer {
  return deriveKey(Buffer.concat([keys.ck, keys.ik]), 0x6a, Buffer.from(servingNetworkName), sqnXorAk);
}

/** RES* and XRES* (A.4): the last 128 bits, bound to the serving network. */
export function resStarOf(keys: CipherKeys, servingNetworkName: string, rand: Uint8Array, res: Uint8Array): Buffer {
  const derived = deriveKey(Buffer.concat([keys.ck, keys.ik]), 0x6b, Buffer.from(servingNetworkName), rand, res);
  return derived.subarray(16);
}

/** HRES* and HXRES* (A.5): the last 128 bits of SHA-256(RAND || RES*). */
export function hresStarOf(rand: Uint8Array, resStar: Uint8Array): Buffer {
  return createHash("sha256").update(rand).update(resStar).digest().subarray(16);
}

/** KSEAF (A.6). */
export function kseafOf(kausf: Uint8Array, servingNetworkName: string): Buffer {
  return deriveKey(kausf, 0x6c, Buffer.from(servingNetworkName));
}

/** KAMF (A.7) of the SUPI's digits and the anti-bidding-down parameter. */
export function kamfOf(kseaf: Uint8Array, supi: string, abba: Uint8Array): Buffer {
  return deriveKey(kseaf, 0x6d, Buffer.from(supi.replace(/^imsi-/, "")), abba);
}
