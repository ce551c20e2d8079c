/** Nudm_SubscriberDataManagement (TS 29.503 clause 5.2): reads through to the UDR. */
import { z } from "zod";
import type { NfContext } from "../sbi/network-function.ts";
import { isSuccess, ok, relayFailure, type SbiReply } from "../sbi/problem-details.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";

/** Query parameters that are JSON themselves (TS 29.501 clause 5.3.13). */
const jsonParameter = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .max(256)
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

const digits = (pattern: RegExp) => z.string().regex(pattern, `must match ${pattern.source}`);
const plmnId = jsonParameter(z.looseObject({ mcc: digits(/^\d{3}$/), mnc: digits(/^\d{2,3}$/) }));
const singleNssai = jsonParameter(z.looseObject({ sst: z.int().min(0).max(255), sd: z.string().optional() }));
const plmnQuery = z.looseObject({ "plmn-id": plmnId.optional() });
const sessionQuery = z.looseObject({
  "plmn-id": plmnId.optional(),
  "single-nssai": singleNssai.optional(),
  dnn: z.string().max(100).optional(),
});

interface SmData {
  readonly singleNssai: { readonly sst: number; readonly sd?: string };
  readonly dnnConfigurations: Readonly<Record<string, unknown>>;
}

export function subscriberDataRoutes(nf: NfContext, plmn: string): readonly SbiRoute[] {
  const provisioned = (supi: string, name: string, from?: { mcc: string; mnc: string }) =>
    `/nudr-dr/v2/subscription-data/${supi}/${from ? from.mcc + from.mnc : plmn}/provisioned-data/${name}`;
  return [
    sbiRoute({
      method: "GET",
      template: "/nudm-sdm/v2/{supi}/am-data",
      operation: "GetAmData",
      query: plmnQuery,
      handle: ({ params, query }) => read(nf, provisioned(params.supi ?? "", "am-data", query["plmn-id"])),
    }),
    sbiRoute({
      method: "GET",
      template: "/nudm-sdm/v2/{supi}/smf-select-data",
      operation: "GetSmfSelData",
      query: plmnQuery,
      handle: ({ params, query }) =>
        read(nf, provisioned(params.supi ?? "", "smf-selection-subscription-data", query["plmn-id"])),
    }),
    sbiRoute({
      method: "GET",
      template: "/nudm-sdm/v2/{supi}/sm-data",
      operation: "GetSmData",
      query: sessionQuery,
      handle: async ({ params, query }) => {
        const reply = await read(nf, provisioned(params.supi ?? "", "sm-data", query["plmn-id"]));
        return isSuccess(reply) ? ok(selectSessions(reply.body, query["single-nssai"], query.dnn)) : reply;
      },
    }),
  ];
}

/** The slices and data networks that were asked for, of those subscribed. */
export function selectSessions(
  document: unknown,
  slice?: { sst: number; sd?: string | undefined },
  dnn?: string,
): unknown[] {
  const { individualSmSubsData = [] } = document as { individualSmSubsData?: readonly SmData[] };
  return individualSmSubsData
    .filter((data) => !slice || (data.singleNssai.sst === slice.sst && data.singleNssai.sd === slice.sd))
    .map((data) => (dnn === undefined ? data : { ...data, dnnConfigurations: only(data.dnnConfigurations, dnn) }));
}

function only(configurations: Readonly<Record<string, unknown>>, dnn: string): Readonly<Record<string, unknown>> {
  return Object.hasOwn(configurations, dnn) ? { [dnn]: configurations[dnn] } : {};
}

async function read(nf: NfContext, path: string): Promise<SbiReply> {
  const reply = await nf.call("UDR", { method: "GET", path });
  return isSuccess(reply) ? ok(reply.body) : relayFailure(reply);
}
