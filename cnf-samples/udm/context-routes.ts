/** Nudm_UEContextManagement (TS 29.503 clause 5.3): which AMF and SMF serve a UE, kept in the UDR. */
import type { NfContext } from "../sbi/network-function.ts";
import { created, isSuccess, jsonPatchType, noContent, relayFailure, type SbiReply } from "../sbi/problem-details.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { amfRegistration, amfRegistrationChange, smfRegistration } from "./rules.ts";

const amfTemplate = "/nudm-uecm/v1/{ueId}/registrations/amf-3gpp-access";
const smfTemplate = "/nudm-uecm/v1/{ueId}/registrations/smf-registrations/{pduSessionId}";
const mergePatchType = "application/merge-patch+json";

export function contextRoutes(nf: NfContext): readonly SbiRoute[] {
  return [
    sbiRoute({
      method: "PUT",
      template: amfTemplate,
      operation: "3GppRegistration",
      body: amfRegistration,
      handle: ({ params, body }) => store(nf, { ...params, document: amfDocument(params) }, body),
    }),
    sbiRoute({
      method: "PATCH",
      template: amfTemplate,
      operation: "Update3GppRegistration",
      contentType: mergePatchType,
      body: amfRegistrationChange,
      handle: ({ params, body }) => purge(nf, amfDocument(params), body.purgeFlag),
    }),
    sbiRoute({
      method: "PUT",
      template: smfTemplate,
      operation: "SmfRegistration",
      body: smfRegistration,
      handle: ({ params, body }) => store(nf, { ...params, document: smfDocument(params) }, body),
    }),
    sbiRoute({
      method: "DELETE",
      template: smfTemplate,
      operation: "SmfDeregistration",
      handle: ({ params }) => remove(nf, smfDocument(params)),
    }),
  ];
}

type Params = Readonly<Record<string, string>>;

function amfDocument({ ueId }: Params): string {
  return `/nudr-dr/v2/subscription-data/${ueId}/context-data/amf-3gpp-access`;
}

function smfDocument({ ueId, pduSessionId }: Params): string {
  return `/nudr-dr/v2/subscription-data/${ueId}/context-data/smf-registrations/${pduSessionId}`;
}

async function store(nf: NfContext, { ueId, document }: Params, body: unknown): Promise<SbiReply> {
  const reply = await nf.call("UDR", { method: "PUT", path: document ?? "", body });
  if (!isSuccess(reply)) return relayFailure(reply);
  return created(`/nudm-uecm/v1/${ueId}/registrations`, body);
}

async function purge(nf: NfContext, path: string, purgeFlag: boolean): Promise<SbiReply> {
  const body = [{ op: "add", path: "/purgeFlag", value: purgeFlag }];
  return goneOr(await nf.call("UDR", { method: "PATCH", path, body, contentType: jsonPatchType }));
}

async function remove(nf: NfContext, path: string): Promise<SbiReply> {
  return goneOr(await nf.call("UDR", { method: "DELETE", path }));
}

/** A replica of the UDR that never held the document has, in effect, let go of it. */
function goneOr(reply: SbiReply): SbiReply {
  return isSuccess(reply) || reply.status === 404 ? noContent : relayFailure(reply);
}
