/** What the SMF decides: whether a session may be, its quality of service, the UE's address. */
import { z } from "zod";
import { tunnel } from "../n2/n2-message.ts";
import { smCauses } from "../n2/nas-message.ts";
import { problem, type SbiReply } from "../sbi/problem-details.ts";

const sNssai = z.strictObject({
  sst: z.int().min(0).max(255),
  sd: z
    .string()
    .regex(/^[0-9a-fA-F]{6}$/)
    .optional(),
});

/** SmContextCreateData of TS 29.502 clause 6.1.6.2.2. */
export const smContextCreateData = z.looseObject({
  supi: z.string().regex(/^imsi-\d{14,15}$/, "must be imsi- and 14 or 15 digits"),
  pduSessionId: z.int().min(1).max(15),
  dnn: z.string().min(1).max(100),
  sNssai,
  servingNfId: z.guid(),
  servingNetwork: z.looseObject({ mcc: z.string().regex(/^\d{3}$/), mnc: z.string().regex(/^\d{2,3}$/) }),
  anType: z.literal("3GPP_ACCESS"),
  smContextStatusUri: z.string().min(1),
});
export type SmContextCreateData = z.output<typeof smContextCreateData>;

/** SmContextUpdateData: the gNB's tunnel. */
export const smContextUpdateData = z.looseObject({
  n2SmInfoType: z.literal("PDU_RES_SETUP_RSP"),
  n2SmInfo: z.looseObject({ downlinkTunnel: tunnel }),
});

export const smContextReleaseData = z.looseObject({ cause: z.string().optional() });

/** The sealed state of an SM context. */
export const smContext = z.strictObject({
  supi: z.string(),
  pduSessionId: z.int(),
  /** `host:port` of the UPF's N4. */
  upf: z.string(),
  /** The UPF's SEID, in hex. */
  upSeid: z.string().regex(/^[0-9a-f]{1,16}$/),
  smPolicyPath: z.string(),
});
export type SmContext = z.output<typeof smContext>;

const qosProfile = z.looseObject({ "5qi": z.int() });
const ambr = z.looseObject({ uplink: z.string(), downlink: z.string() });
const subscription = z.array(
  z.looseObject({
    dnnConfigurations: z.record(
      z.string(),
      z.looseObject({
        pduSessionTypes: z.looseObject({ defaultSessionType: z.string() }),
        "5gQosProfile": qosProfile,
        sessionAmbr: ambr,
      }),
    ),
  }),
);

export interface SessionProfile {
  readonly fiveQi: number;
  readonly sessionAmbr: { readonly uplink: string; readonly downlink: string };
}

export type Admission =
  | { readonly kind: "admitted"; readonly profile: SessionProfile }
  | { readonly kind: "refused"; readonly reply: SbiReply };

/** Looks for the data network in the UDM's sm-data for the slice. */
export function admit(smData: unknown, dnn: string): Admission {
  const parsed = subscription.safeParse(smData);
  if (!parsed.success)
    return { kind: "refused", reply: problem(500, "SYSTEM_FAILURE", "the UDM's sm-data is malformed") };
  if (parsed.data.length === 0) {
    return {
      kind: "refused",
      reply: sessionProblem(403, "SNSSAI_DENIED", smCauses.slice, "the slice is not subscribed"),
    };
  }
  const configuration = parsed.data.find((slice) => Object.hasOwn(slice.dnnConfigurations, dnn))?.dnnConfigurations[
    dnn
  ];
  if (!configuration) {
    const detail = `${dnn.slice(0, 64)} is not subscribed on the slice`;
    return { kind: "refused", reply: sessionProblem(403, "DNN_DENIED", smCauses.unknownDnn, detail) };
  }
  const { uplink, downlink } = configuration.sessionAmbr;
  return {
    kind: "admitted",
    profile: { fiveQi: configuration["5gQosProfile"]["5qi"], sessionAmbr: { uplink, downlink } },
  };
}

/** SmContextCreateError: the problem, and the 5GSM cause for the UE. */
export function sessionProblem(status: number, cause: string, smCause: number, detail: string): SbiReply {
  const reply = problem(status, cause, detail);
  return {
    ...reply,
    body: { ...(reply.body as object), n1SmMsg: { type: "PDUSessionEstablishmentReject", cause: smCause } },
  };
}

/** The n-th address of a pool such as `10.60.0.0/16`, network and broadcast address left out; repeats after the last. */
export function ueAddressOf(pool: string, n: number): string {
  const [network = "", prefix = ""] = pool.split("/");
  const base = network.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const usable = 2 ** (32 - Number(prefix)) - 2;
  const address = base + 1 + (n % usable);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
