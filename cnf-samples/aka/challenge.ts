/** The two ends of 5G AKA (TS 33.501 clause 6.1.3.2): the home network's challenge and the UE's answer to it. */
import { timingSafeEqual } from "node:crypto";
import { kausfOf, resStarOf } from "./five-g-keys.ts";
import { type MilenageKey, milenageCodes, milenageResponse, xor } from "./milenage.ts";

/** Home environment authentication vector (5G HE AV). */
export interface HomeVector {
  readonly rand: Buffer;
  /** SQN xor AK || AMF || MAC, 16 bytes. */
  readonly autn: Buffer;
  readonly xresStar: Buffer;
  readonly kausf: Buffer;
}

/** The separation bit (TS 33.102 annex H) is set: the vector is for 5G. */
const authenticationField = Buffer.from("8000", "hex");

/** In a resynchronisation the field is all zero (TS 33.102 clause 6.3.3). */
const resynchronisationField = Buffer.from("0000", "hex");

export interface ChallengeInput {
  readonly key: MilenageKey;
  readonly rand: Uint8Array;
  /** 48-bit sequence number. */
  readonly sqn: bigint;
  readonly servingNetworkName: string;
}

export function homeVector({ key, rand, sqn, servingNetworkName }: ChallengeInput): HomeVector {
  const sqnBytes = sqnToBytes(sqn);
  const { res, ck, ik, ak } = milenageResponse(key, rand);
  const { macA } = milenageCodes(key, rand, sqnBytes, authenticationField);
  const concealed = xor(sqnBytes, ak);
  return {
    rand: Buffer.from(rand),
    autn: Buffer.concat([concealed, authenticationField, macA]),
    xresStar: resStarOf({ ck, ik }, servingNetworkName, rand, res),
    kausf: kausfOf({ ck, ik }, servingNetworkName, concealed),
  };
}

export type UeAnswer =
  | { readonly kind: "response"; readonly resStar: Buffer; readonly kausf: Buffer; readonly sqn: bigint }
  | { readonly kind: "mac-failure" }
  /** The challenge is not newer than the last one; AUTS tells the network where the UE is. */
  | { readonly kind: "synch-failure"; readonly auts: Buffer };

export interface UeChallenge {
  readonly key: MilenageKey;
  readonly rand: Uint8Array;
  readonly autn: Uint8Array;
  /** Highest sequence number accepted so far. */
  readonly sqnMax: bigint;
  readonly servingNetworkName: string;
}

export function answerChallenge({ key, rand, autn, sqnMax, servingNetworkName }: UeChallenge): UeAnswer {
  const { res, ck, ik, ak } = milenageResponse(key, rand);
  const concealed = Buffer.from(autn.subarray(0, 6));
  const field = autn.subarray(6, 8);
  const sqnBytes = xor(concealed, ak);
  const { macA } = milenageCodes(key, rand, sqnBytes, field);
  const isFor5g = ((field[0] ?? 0) & 0x80) !== 0;
  if (autn.length !== 16 || !isFor5g || !timingSafeEqual(macA, autn.subarray(8))) return { kind: "mac-failure" };
  const sqn = sqnOfBytes(sqnBytes);
  if (sqn <= sqnMax) return { kind: "synch-failure", auts: autsOf(key, rand, sqnMax) };
  return {
    kind: "response",
    sqn,
    resStar: resStarOf({ ck, ik }, servingNetworkName, rand, res),
    kausf: kausfOf({ ck, ik }, servingNetworkName, concealed),
  };
}

/** The UE's sequence number out of AUTS, or undefined when its MAC is wrong. */
export function openAuts(key: MilenageKey, rand: Uint8Array, auts: Uint8Array): bigint | undefined {
  if (auts.length !== 14) return undefined;
  const sqnBytes = xor(auts.subarray(0, 6), milenageResponse(key, rand).akStar);
  const { macS } = milenageCodes(key, rand, sqnBytes, resynchronisationField);
  return timingSafeEqual(macS, auts.subarray(6)) ? sqnOfBytes(sqnBytes) : undefined;
}

export function sqnToBytes(sqn: bigint): Buffer {
  return Buffer.from(sqn.toString(16).padStart(12, "0"), "hex");
}

export function sqnOfBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function autsOf(key: MilenageKey, rand: Uint8Array, sqnMax: bigint): Buffer {
  const sqnBytes = sqnToBytes(sqnMax);
  const { macS } = milenageCodes(key, rand, sqnBytes, resynchronisationField);
  return Buffer.concat([xor(sqnBytes, milenageResponse(key, rand).akStar), macS]);
}
