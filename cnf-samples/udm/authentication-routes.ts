/** Nudm_UEAuthentication (TS 29.503 clause 5.4). */
import type { NfContext } from "../sbi/network-function.ts";
import { created, isSuccess, jsonPatchType, ok, problem, relayFailure, type SbiReply } from "../sbi/problem-details.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import {
  type AuthenticationInfoRequest,
  authEvent,
  authenticationInfoRequest,
  authenticationSubscription,
  generateVector,
  identify,
  sequenceNumberPatch,
} from "./rules.ts";

export function authenticationRoutes(nf: NfContext): readonly SbiRoute[] {
  return [
    sbiRoute({
      method: "POST",
      template: "/nudm-ueau/v1/{supiOrSuci}/security-information/generate-auth-data",
      operation: "GenerateAuthData",
      body: authenticationInfoRequest,
      handle: ({ params, body }) => generateAuthData(nf, params.supiOrSuci ?? "", body),
    }),
    sbiRoute({
      method: "POST",
      template: "/nudm-ueau/v1/{supi}/auth-events",
      operation: "ConfirmAuth",
      body: authEvent,
      handle: ({ params, body }) => confirmAuth(nf, params.supi ?? "", body),
    }),
  ];
}

async function generateAuthData(
  nf: NfContext,
  supiOrSuci: string,
  request: AuthenticationInfoRequest,
): Promise<SbiReply> {
  const identity = identify(supiOrSuci);
  if (identity.kind === "refused") return identity.reply;
  const { supi } = identity;
  const path = `/nudr-dr/v2/subscription-data/${supi}/authentication-data/authentication-subscription`;
  const read = await nf.call("UDR", { method: "GET", path });
  if (!isSuccess(read)) return relayFailure(read);
  const subscription = authenticationSubscription.safeParse(read.body);
  if (!subscription.success)
    return problem(500, "SYSTEM_FAILURE", `the authentication subscription of ${supi} is malformed`);
  const rand = nf.deps.randomBytes(16);
  const decision = generateVector({ supi, subscription: subscription.data, request, rand, nowMs: nf.deps.nowMs() });
  if (decision.kind === "refused") return decision.reply;
  const body = sequenceNumberPatch(decision.sqn);
  const patched = await nf.call("UDR", { method: "PATCH", path, body, contentType: jsonPatchType });
  // Without the number stored, the next vector could repeat it: no vector leaves then.
  return isSuccess(patched) ? ok(decision.result) : relayFailure(patched);
}

async function confirmAuth(nf: NfContext, supi: string, event: Record<string, unknown>): Promise<SbiReply> {
  const path = `/nudr-dr/v2/subscription-data/${supi}/authentication-data/authentication-status`;
  const stored = await nf.call("UDR", { method: "PUT", path, body: event });
  if (!isSuccess(stored)) return relayFailure(stored);
  return created(`/nudm-ueau/v1/${supi}/auth-events/${String(event.nfInstanceId)}`, event);
}
