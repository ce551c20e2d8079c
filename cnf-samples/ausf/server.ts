/** AUSF: TS 29.509 5G AKA over h2c, in front of the UDM. */
import { z } from "zod";
import { upstreamUrl } from "../config-fields.ts";
import { defineSample } from "../sample.ts";
import { type NfContext, startNetworkFunction } from "../sbi/network-function.ts";
import { created, isSuccess, ok, problem, relayFailure, type SbiReply } from "../sbi/problem-details.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { ReferenceSealer } from "../sbi/sealed-reference.ts";
import {
  authContext,
  authenticationInfo,
  authenticationInfoResult,
  challengeOf,
  confirm,
  confirmationData,
  refuseNetwork,
} from "./rules.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  upstreams: z.strictObject({ nrf: upstreamUrl.optional(), udm: upstreamUrl }).describe("NRF and UDM"),
  servingNetworks: z
    .array(z.string().min(1))
    .min(1)
    .default(["5G:mnc001.mcc001.3gppnetwork.org"])
    .describe("Serving networks that may authenticate subscribers"),
  contextMs: z.int().min(100).default(30_000).describe("Time a UE has to answer a challenge"),
  stateSecret: z.string().min(1).default("weft").describe("Seals references; the same on all replicas"),
});
type AusfConfig = z.output<typeof configSchema>;

const root = "/nausf-auth/v1/ue-authentications";

export const ausfSample = defineSample({
  name: "ausf",
  summary: "Authentication server: 5G AKA challenges and confirmations (TS 29.509)",
  configSchema,
  start: (config, deps) => {
    const sealer = new ReferenceSealer(config.stateSecret, deps.randomBytes);
    const routes = (nf: NfContext) => authenticationRoutes(nf, config, sealer);
    return startNetworkFunction({ nfType: "AUSF", services: ["nausf-auth"], config, deps, routes });
  },
});

function authenticationRoutes(nf: NfContext, config: AusfConfig, sealer: ReferenceSealer): readonly SbiRoute[] {
  return [
    sbiRoute({
      method: "POST",
      template: root,
      operation: "Authenticate",
      body: authenticationInfo,
      handle: ({ body }) => authenticate(nf, config, sealer, body),
    }),
    sbiRoute({
      method: "PUT",
      template: `${root}/{authCtxId}/5g-aka-confirmation`,
      operation: "Confirm5gAka",
      body: confirmationData,
      handle: ({ params, body }) => confirmation(nf, sealer, params.authCtxId ?? "", body.resStar),
    }),
  ];
}

async function authenticate(
  nf: NfContext,
  config: AusfConfig,
  sealer: ReferenceSealer,
  info: z.output<typeof authenticationInfo>,
): Promise<SbiReply> {
  const { supiOrSuci, servingNetworkName, resynchronizationInfo } = info;
  const refusal = refuseNetwork(servingNetworkName, config.servingNetworks);
  if (refusal) return refusal;
  const path = `/nudm-ueau/v1/${encodeURIComponent(supiOrSuci)}/security-information/generate-auth-data`;
  const body = { servingNetworkName, ausfInstanceId: nf.nfInstanceId, resynchronizationInfo };
  const reply = await nf.call("UDM", { method: "POST", path, body });
  if (!isSuccess(reply)) return relayFailure(reply);
  const result = authenticationInfoResult.safeParse(reply.body);
  if (!result.success) return problem(500, "SYSTEM_FAILURE", "the UDM's vector is malformed");
  const untilMs = nf.deps.nowMs() + config.contextMs;
  const { context, fiveGAuthData } = challengeOf(result.data, servingNetworkName, untilMs);
  const location = `${root}/${sealer.seal(context)}`;
  return created(location, {
    authType: "5G_AKA",
    "5gAuthData": fiveGAuthData,
    servingNetworkName,
    _links: { "5g-aka": { href: `${location}/5g-aka-confirmation` } },
  });
}

async function confirmation(
  nf: NfContext,
  sealer: ReferenceSealer,
  authCtxId: string,
  resStar: string | null,
): Promise<SbiReply> {
  const context = authContext.safeParse(sealer.open(authCtxId));
  const outcome = context.success ? confirm(context.data, resStar, nf.deps.nowMs()) : undefined;
  if (!context.success || !outcome || outcome.kind === "expired") {
    return problem(404, "CONTEXT_NOT_FOUND", "no such authentication is under way");
  }
  const success = outcome.kind === "confirmed";
  nf.counters.add(success ? "authenticationsConfirmed" : "authenticationsFailed");
  const told = await tellUdm(nf, context.data.supi, context.data.servingNetworkName, success);
  if (!isSuccess(told)) return relayFailure(told);
  if (!success) return ok({ authResult: "AUTHENTICATION_FAILURE" });
  return ok({ authResult: "AUTHENTICATION_SUCCESS", supi: outcome.supi, kseaf: outcome.kseaf });
}

function tellUdm(nf: NfContext, supi: string, servingNetworkName: string, success: boolean): Promise<SbiReply> {
  const timeStamp = new Date(nf.deps.nowMs()).toISOString();
  const event = { nfInstanceId: nf.nfInstanceId, success, timeStamp, authType: "5G_AKA", servingNetworkName };
  return nf.call("UDM", { method: "POST", path: `/nudm-ueau/v1/${supi}/auth-events`, body: event });
}
