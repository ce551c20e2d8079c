/** What the AUSF decides: whom it serves, what of a vector leaves the home network, whether a response is right. */
import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { hresStarOf, kseafOf } from "../aka/five-g-keys.ts";
import { problem, type SbiReply } from "../sbi/problem-details.ts";

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`), `must be ${bytes} bytes in hex`);

/** AuthenticationInfo of TS 29.509 clause 6.1.6.2.2. */
export const authenticationInfo = z.looseObject({
  supiOrSuci: z.string().min(5).max(256),
  servingNetworkName: z.string().min(1).max(256),
  resynchronizationInfo: z.looseObject({ rand: hex(16), auts: hex(14) }).optional(),
});

/** ConfirmationData of TS 29.509 clause 6.1.6.2.4; null says that the UE did not answer. */
export const confirmationData = z.looseObject({ resStar: hex(16).nullable() });

/** The UDM's AuthenticationInfoResult. */
export const authenticationInfoResult = z.looseObject({
  supi: z.string().min(1),
  authenticationVector: z.looseObject({ rand: hex(16), autn: hex(16), xresStar: hex(16), kausf: hex(32) }),
});

/** What the AUSF must remember between challenge and response. */
export const authContext = z.strictObject({
  supi: z.string(),
  servingNetworkName: z.string(),
  xresStar: hex(16),
  kseaf: hex(32),
  untilMs: z.number(),
});
export type AuthContext = z.output<typeof authContext>;

/** Null when the network may ask; the problem otherwise. */
export function refuseNetwork(servingNetworkName: string, served: readonly string[]): SbiReply | undefined {
  if (served.includes(servingNetworkName)) return undefined;
  const reason = `${servingNetworkName.slice(0, 64)} is not served here`;
  const invalid = [{ param: "/servingNetworkName", reason }];
  return problem(403, "SERVING_NETWORK_NOT_AUTHORIZED", reason, invalid);
}

export interface Challenge {
  readonly context: AuthContext;
  /** Av5gAka: what the serving network may see, HXRES* in place of XRES*. */
  readonly fiveGAuthData: { readonly rand: string; readonly autn: string; readonly hxresStar: string };
}

export function challengeOf(
  result: z.output<typeof authenticationInfoResult>,
  servingNetworkName: string,
  untilMs: number,
): Challenge {
  const { rand, autn, xresStar, kausf } = result.authenticationVector;
  const hxresStar = hresStarOf(Buffer.from(rand, "hex"), Buffer.from(xresStar, "hex")).toString("hex");
  const kseaf = kseafOf(Buffer.from(kausf, "hex"), servingNetworkName).toString("hex");
  return {
    context: { supi: result.supi, servingNetworkName, xresStar, kseaf, untilMs },
    fiveGAuthData: { rand, autn, hxresStar },
  };
}

export type Confirmation =
  | { readonly kind: "confirmed"; readonly supi: string; readonly kseaf: string }
  | { readonly kind: "failed" }
  | { readonly kind: "expired" };

export function confirm(context: AuthContext, resStar: string | null, nowMs: number): Confirmation {
  if (nowMs > context.untilMs) return { kind: "expired" };
  if (resStar === null) return { kind: "failed" };
  const isRight = timingSafeEqual(Buffer.from(resStar, "hex"), Buffer.from(context.xresStar, "hex"));
  return isRight ? { kind: "confirmed", supi: context.supi, kseaf: context.kseaf } : { kind: "failed" };
}
