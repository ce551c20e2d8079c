/** PCF: TS 29.507 and TS 29.512 policies over h2c, from the UDR's policy data. */
import { z } from "zod";
import { upstreamUrl } from "../config-fields.ts";
import { defineSample } from "../sample.ts";
import { type NfContext, startNetworkFunction } from "../sbi/network-function.ts";
import { created, isSuccess, noContent, problem, relayFailure, type SbiReply } from "../sbi/problem-details.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { ReferenceSealer } from "../sbi/sealed-reference.ts";
import {
  type AmPolicyRequest,
  amPolicyOf,
  amPolicyRequest,
  association,
  type SmPolicyRequest,
  smPolicyOf,
  smPolicyRequest,
} from "./rules.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  upstreams: z.strictObject({ nrf: upstreamUrl.optional(), udr: upstreamUrl }).describe("NRF and UDR"),
  stateSecret: z.string().min(1).default("weft").describe("Seals references; the same on all replicas"),
});

const amRoot = "/npcf-am-policy-control/v1/policies";
const smRoot = "/npcf-smpolicycontrol/v1/sm-policies";

export const pcfSample = defineSample({
  name: "pcf",
  summary: "Policy control: access and session policies (TS 29.507, TS 29.512)",
  configSchema,
  start: (config, deps) => {
    const sealer = new ReferenceSealer(config.stateSecret, deps.randomBytes);
    const services = ["npcf-am-policy-control", "npcf-smpolicycontrol"];
    const routes = (nf: NfContext) => policyRoutes(nf, sealer);
    return startNetworkFunction({ nfType: "PCF", services, config, deps, routes });
  },
});

function policyRoutes(nf: NfContext, sealer: ReferenceSealer): readonly SbiRoute[] {
  return [
    sbiRoute({
      method: "POST",
      template: amRoot,
      operation: "CreateIndividualAMPolicyAssociation",
      body: amPolicyRequest,
      handle: ({ body }) => createAmPolicy(nf, sealer, body),
    }),
    sbiRoute({
      method: "DELETE",
      template: `${amRoot}/{polAssoId}`,
      operation: "DeleteIndividualAMPolicyAssociation",
      handle: ({ params }) => deletePolicy(nf, sealer, "am", params.polAssoId ?? ""),
    }),
    sbiRoute({
      method: "POST",
      template: smRoot,
      operation: "CreateSMPolicy",
      body: smPolicyRequest,
      handle: ({ body }) => createSmPolicy(nf, sealer, body),
    }),
    sbiRoute({
      method: "POST",
      template: `${smRoot}/{smPolicyId}/delete`,
      operation: "DeleteSMPolicy",
      body: z.looseObject({}),
      handle: ({ params }) => deletePolicy(nf, sealer, "sm", params.smPolicyId ?? ""),
    }),
  ];
}

async function createAmPolicy(nf: NfContext, sealer: ReferenceSealer, request: AmPolicyRequest): Promise<SbiReply> {
  const data = await nf.call("UDR", { method: "GET", path: `/nudr-dr/v2/policy-data/ues/${request.supi}/am-data` });
  if (!isSuccess(data)) return userUnknownOr(data);
  nf.counters.add("amPoliciesCreated");
  return created(`${amRoot}/${sealer.seal({ kind: "am", supi: request.supi })}`, amPolicyOf(request, data.body));
}

async function createSmPolicy(nf: NfContext, sealer: ReferenceSealer, request: SmPolicyRequest): Promise<SbiReply> {
  const { supi, pduSessionId } = request;
  const data = await nf.call("UDR", { method: "GET", path: `/nudr-dr/v2/policy-data/ues/${supi}/sm-data` });
  if (!isSuccess(data)) return userUnknownOr(data);
  const outcome = smPolicyOf(request, data.body);
  if (outcome.kind === "denied") return problem(403, "POLICY_CONTEXT_DENIED", outcome.reason);
  nf.counters.add("smPoliciesCreated");
  return created(`${smRoot}/${sealer.seal({ kind: "sm", supi, pduSessionId })}`, outcome.decision);
}

function deletePolicy(nf: NfContext, sealer: ReferenceSealer, kind: "am" | "sm", reference: string): SbiReply {
  const state = association.safeParse(sealer.open(reference));
  if (!state.success || state.data.kind !== kind)
    return problem(404, "RESOURCE_NOT_FOUND", "no such policy association");
  nf.counters.add(`${kind}PoliciesDeleted`);
  return noContent;
}

/** TS 29.507 and 29.512 have the PCF refuse an unknown user with a 400. */
function userUnknownOr(reply: SbiReply): SbiReply {
  if (reply.status !== 404) return relayFailure(reply);
  return problem(400, "USER_UNKNOWN", "the subscriber is unknown", [{ param: "/supi", reason: "unknown" }]);
}
