/** Policies from subscriptions: what the PCF answers to the AMF and the SMF. */
import { z } from "zod";

/** PolicyAssociationRequest of TS 29.507 clause 5.6.2.3. */
export const amPolicyRequest = z.looseObject({
  notificationUri: z.string().min(1),
  supi: z.string().min(1),
  suppFeat: z.string().regex(/^[A-Fa-f0-9]*$/, "must be hexadecimal"),
});
export type AmPolicyRequest = z.output<typeof amPolicyRequest>;

/** SmPolicyContextData of TS 29.512 clause 5.6.2.3. */
export const smPolicyRequest = z.looseObject({
  supi: z.string().min(1),
  pduSessionId: z.int().min(0).max(255),
  pduSessionType: z.enum(["IPV4", "IPV6", "IPV4V6", "UNSTRUCTURED", "ETHERNET"]),
  dnn: z.string().min(1).max(100),
  notificationUri: z.string().min(1),
  sliceInfo: z.looseObject({ sst: z.int().min(0).max(255), sd: z.string().optional() }),
});
export type SmPolicyRequest = z.output<typeof smPolicyRequest>;

/** The sealed state of an association. */
export const association = z.strictObject({
  kind: z.enum(["am", "sm"]),
  supi: z.string(),
  pduSessionId: z.int().optional(),
});

const amPolicyData = z.looseObject({
  subscCats: z.array(z.string()).default([]),
  rfspIndex: z.int().optional(),
  praInfos: z.record(z.string(), z.unknown()).default({}),
});

const dnnPolicy = z.looseObject({
  gbrUl: z.string().optional(),
  gbrDl: z.string().optional(),
  imsSignallingPrio: z.boolean().default(false),
});
const smPolicyData = z.looseObject({
  smPolicySnssaiData: z.record(
    z.string(),
    z.looseObject({ smPolicyDnnData: z.record(z.string(), dnnPolicy).default({}) }),
  ),
});

/** PolicyAssociation: triggers and the RFSP index of the subscription. */
export function amPolicyOf(request: AmPolicyRequest, policyData: unknown): Readonly<Record<string, unknown>> {
  const { subscCats, rfspIndex, praInfos } = amPolicyData.parse(policyData);
  return {
    request,
    triggers: subscCats.includes("gold") ? ["LOC_CH", "PRA_CH"] : ["LOC_CH"],
    rfsp: rfspIndex ?? 1,
    pras: praInfos,
    suppFeat: request.suppFeat,
  };
}

export type SmDecision =
  | { readonly kind: "decided"; readonly decision: Readonly<Record<string, unknown>> }
  | { readonly kind: "denied"; readonly reason: string };

/** SmPolicyDecision: one session rule, one PCC rule that matches everything, its QoS. */
export function smPolicyOf(request: SmPolicyRequest, policyData: unknown): SmDecision {
  const { sst, sd } = request.sliceInfo;
  const slices = smPolicyData.parse(policyData).smPolicySnssaiData;
  const slice = owned(slices, sd === undefined ? `${sst}` : `${sst}-${sd}`);
  const policy = slice && owned(slice.smPolicyDnnData, request.dnn);
  if (!policy) return { kind: "denied", reason: `no policy for ${request.dnn.slice(0, 64)} on slice ${sst}` };
  const fiveQi = policy.imsSignallingPrio ? 5 : 9;
  const arp = { priorityLevel: 8, preemptCap: "NOT_PREEMPT", preemptVuln: "PREEMPTABLE" };
  const sessionRule = {
    sessRuleId: "session-1",
    authSessAmbr: { uplink: "500 Mbps", downlink: "1 Gbps" },
    authDefQos: { "5qi": fiveQi, arp },
  };
  const flow = { flowDescription: "permit out ip from any to assigned", flowDirection: "BIDIRECTIONAL" };
  const decision = {
    sessRules: { "session-1": sessionRule },
    pccRules: { "rule-1": { pccRuleId: "rule-1", flowInfos: [flow], precedence: 255, refQosData: ["qos-1"] } },
    qosDecs: {
      "qos-1": {
        qosId: "qos-1",
        "5qi": fiveQi,
        gbrUl: policy.gbrUl,
        gbrDl: policy.gbrDl,
        arp,
        defQosFlowIndication: true,
      },
    },
    policyCtrlReqTriggers: ["PLMN_CH", "UE_IP_CH", "RE_TIMEOUT"],
    offline: true,
    online: false,
  };
  return { kind: "decided", decision };
}

/** Names come from requests, so what every object inherits must not be found. */
function owned<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
