/** UDR: TS 29.504 and 29.505 data repository over h2c. */
import { z } from "zod";
import { upstreamUrl } from "../config-fields.ts";
import { defineSample } from "../sample.ts";
import { startNetworkFunction } from "../sbi/network-function.ts";
import { jsonPatchType } from "../sbi/problem-details.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { purgeFlagPatch, SubscriberStore, sequenceNumberPatch, storedDocument } from "./rules.ts";
import type { DocumentKind } from "./subscription-documents.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  upstreams: z.strictObject({ nrf: upstreamUrl.optional() }).default({}).describe("NRF to register with"),
  subscriberSeed: z.string().min(1).default("weft").describe("Seed of all subscribers' keys and data; the gNB's too"),
  plmn: z
    .string()
    .regex(/^\d{5,6}$/)
    .default("00101")
    .describe("MCC and MNC of the subscribers"),
  subscribersMax: z.int().min(1).default(1_000_000).describe("MSINs below this are subscribers"),
  documentsMax: z.int().min(1).default(200_000).describe("Context documents kept; the oldest goes first"),
});

const root = "/nudr-dr/v2/subscription-data/{ueId}";
const policyRoot = "/nudr-dr/v2/policy-data/ues/{ueId}";

const derived: readonly (readonly [template: string, operation: string, kind: DocumentKind])[] = [
  [`${root}/authentication-data/authentication-subscription`, "QueryAuthSubsData", "authentication-subscription"],
  [`${root}/{servingPlmnId}/provisioned-data/am-data`, "QueryAmData", "am-data"],
  [
    `${root}/{servingPlmnId}/provisioned-data/smf-selection-subscription-data`,
    "QuerySmfSelectData",
    "smf-selection-subscription-data",
  ],
  [`${root}/{servingPlmnId}/provisioned-data/sm-data`, "QuerySmData", "sm-data"],
  [`${policyRoot}/am-data`, "ReadAccessAndMobilityPolicyData", "policy-am-data"],
  [`${policyRoot}/sm-data`, "ReadSessionManagementPolicyData", "policy-sm-data"],
];

export const udrSample = defineSample({
  name: "udr",
  summary: "Unified data repository: subscription, policy and context data (TS 29.504)",
  configSchema,
  start: async (config, deps) => {
    const store = new SubscriberStore(config);
    const routes = () => [...derivedRoutes(store), ...contextRoutes(store)];
    const running = await startNetworkFunction({ nfType: "UDR", services: ["nudr-dr"], config, deps, routes });
    return { ...running, statistics: () => ({ ...running.statistics(), documents: store.documentCount }) };
  },
});

function derivedRoutes(store: SubscriberStore): readonly SbiRoute[] {
  const reads = derived.map(([template, operation, kind]) =>
    sbiRoute({ method: "GET", template, operation, handle: ({ params }) => store.read(kind, params.ueId ?? "") }),
  );
  const patch = sbiRoute({
    method: "PATCH",
    template: `${root}/authentication-data/authentication-subscription`,
    operation: "ModifyAuthSubsData",
    contentType: jsonPatchType,
    body: sequenceNumberPatch,
    handle: ({ params, body }) => store.patchSequenceNumber(params.ueId ?? "", body),
  });
  return [...reads, patch];
}

function contextRoutes(store: SubscriberStore): readonly SbiRoute[] {
  const amf = `${root}/context-data/amf-3gpp-access`;
  const smf = `${root}/context-data/smf-registrations/{pduSessionId}`;
  const smfName = (params: Readonly<Record<string, string>>) => `smf-registration ${params.pduSessionId}`;
  return [
    sbiRoute({
      method: "PUT",
      template: `${root}/authentication-data/authentication-status`,
      operation: "CreateAuthenticationStatus",
      body: storedDocument,
      handle: ({ params, body }) => store.put(params.ueId ?? "", "authentication-status", body),
    }),
    sbiRoute({
      method: "PUT",
      template: amf,
      operation: "CreateAmfContext3gpp",
      body: storedDocument,
      handle: ({ params, body }) => store.put(params.ueId ?? "", "amf-3gpp-access", body),
    }),
    sbiRoute({
      method: "PATCH",
      template: amf,
      operation: "AmfContext3gpp",
      contentType: jsonPatchType,
      body: purgeFlagPatch,
      handle: ({ params, body }) => store.patchPurgeFlag(params.ueId ?? "", "amf-3gpp-access", body),
    }),
    sbiRoute({
      method: "GET",
      template: amf,
      operation: "QueryAmfContext3gpp",
      handle: ({ params }) => store.get(params.ueId ?? "", "amf-3gpp-access"),
    }),
    sbiRoute({
      method: "PUT",
      template: smf,
      operation: "CreateOrUpdateSmfRegistration",
      body: storedDocument,
      handle: ({ params, body }) => store.put(params.ueId ?? "", smfName(params), body),
    }),
    sbiRoute({
      method: "DELETE",
      template: smf,
      operation: "DeleteSmfRegistration",
      handle: ({ params }) => store.delete(params.ueId ?? "", smfName(params)),
    }),
  ];
}
