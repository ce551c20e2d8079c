/** The subscription and policy data of a subscriber, derived from seed and SUPI alone; 1 to 3 KB each, as real ones are. */
import { createHmac } from "node:crypto";
import { subscriberKey } from "../aka/subscriber-key.ts";

export interface SubscriberSeed {
  readonly seed: string;
  readonly supi: string;
}

/** Kinds of documents the UDR serves and never stores. */
export const documentKinds = [
  "authentication-subscription",
  "am-data",
  "smf-selection-subscription-data",
  "sm-data",
  "policy-am-data",
  "policy-sm-data",
] as const;
export type DocumentKind = (typeof documentKinds)[number];

interface Slice {
  readonly sst: number;
  readonly sd: string;
  readonly dnns: readonly string[];
}

/** Slices and the data networks on them; the first is the default one. */
const slices: readonly Slice[] = [
  { sst: 1, sd: "000001", dnns: ["internet", "ims"] },
  { sst: 2, sd: "000002", dnns: ["factory"] },
  { sst: 3, sd: "000003", dnns: ["meters"] },
];

export function subscriptionDocument(kind: DocumentKind, subscriber: SubscriberSeed): Record<string, unknown> {
  switch (kind) {
    case "authentication-subscription":
      return authenticationSubscription(subscriber);
    case "am-data":
      return accessAndMobilityData(subscriber);
    case "smf-selection-subscription-data":
      return { subscribedSnssaiInfos: Object.fromEntries(slices.map((slice) => [keyOf(slice), snssaiInfo(slice)])) };
    case "sm-data":
      return { individualSmSubsData: slices.map((slice) => sessionData(slice, subscriber)) };
    case "policy-am-data":
      return amPolicyData(subscriber);
    case "policy-sm-data":
      return { smPolicySnssaiData: Object.fromEntries(slices.map((slice) => [keyOf(slice), smPolicy(slice)])) };
  }
}

/** TS 29.505 AuthenticationSubscription; the key stands in it unencrypted (lite). */
function authenticationSubscription({ seed, supi }: SubscriberSeed): Record<string, unknown> {
  const { k, opc } = subscriberKey(seed, supi);
  return {
    authenticationMethod: "5G_AKA",
    encPermanentKey: Buffer.from(k).toString("hex"),
    protectionParameterId: "none",
    sequenceNumber: {
      sqnScheme: "TIME_BASED",
      sqn: "000000000000",
      lastIndexes: { ausf: 0 },
      indLength: 5,
      difSign: "POSITIVE",
    },
    authenticationManagementField: "8000",
    algorithmId: "milenage",
    encOpcKey: Buffer.from(opc).toString("hex"),
    vectorGenerationInHss: false,
    supi,
  };
}

/** TS 29.503 AccessAndMobilitySubscriptionData. */
function accessAndMobilityData(subscriber: SubscriberSeed): Record<string, unknown> {
  const msisdn = digitsOf(subscriber, "msisdn", 11);
  return {
    gpsis: [`msisdn-${msisdn}`, `extid-${msisdn}@devices.weft.example`],
    internalGroupIds: [`${hexOf(subscriber, "group", 8)}-001-01-${hexOf(subscriber, "local", 10)}`],
    subscribedUeAmbr: { uplink: "1 Gbps", downlink: "2 Gbps" },
    nssai: {
      defaultSingleNssais: slices.slice(0, 1).map(snssai),
      singleNssais: slices.slice(1).map(snssai),
    },
    ratRestrictions: ["EUTRA", "WLAN"],
    forbiddenAreas: [{ tacs: ["00fffe", "00fffd"] }, { areaCode: "closed-site" }],
    serviceAreaRestriction: {
      restrictionType: "ALLOWED_AREAS",
      areas: [0, 1, 2, 3].map((area) => ({ tacs: tacsOf(area), areaCode: `area-${area}` })),
      maxNumOfTAs: 16,
    },
    coreNetworkTypeRestrictions: ["EPC"],
    rfspIndex: 1 + (byteOf(subscriber, "rfsp") % 256),
    subsRegTimer: 3240,
    ueUsageType: 1,
    mpsPriority: false,
    mcsPriority: false,
    activeTime: 120,
    subscribedDnnList: slices.flatMap((slice) => slice.dnns).map((dnn) => ({ dnn })),
    micoAllowed: false,
    odbPacketServices: null,
    sharedAmDataIds: [1, 2, 3].map((id) => `00101-${hexOf(subscriber, `shared ${id}`, 8)}`),
    traceData: {
      traceRef: `00101-${hexOf(subscriber, "trace", 6)}`,
      traceDepth: "MINIMUM",
      neTypeList: "00000018",
      eventList: "0000000000000000",
      collectionEntityIpv4Addr: "192.0.2.10",
    },
  };
}

function tacsOf(area: number): readonly string[] {
  return Array.from({ length: 8 }, (_, index) => (area * 8 + index + 1).toString(16).padStart(6, "0"));
}

/** TS 29.503 SessionManagementSubscriptionData of one slice. */
function sessionData(slice: Slice, subscriber: SubscriberSeed): Record<string, unknown> {
  return {
    singleNssai: snssai(slice),
    dnnConfigurations: Object.fromEntries(slice.dnns.map((dnn) => [dnn, dnnConfiguration(dnn, subscriber)])),
    internalGroupIds: [`${hexOf(subscriber, "group", 8)}-001-01-${hexOf(subscriber, "local", 10)}`],
  };
}

function dnnConfiguration(dnn: string, subscriber: SubscriberSeed): Record<string, unknown> {
  return {
    pduSessionTypes: { defaultSessionType: "IPV4", allowedSessionTypes: ["IPV4", "IPV6", "IPV4V6"] },
    sscModes: { defaultSscMode: "SSC_MODE_1", allowedSscModes: ["SSC_MODE_2", "SSC_MODE_3"] },
    "5gQosProfile": {
      "5qi": dnn === "ims" ? 5 : 9,
      arp: { priorityLevel: 8, preemptCap: "NOT_PREEMPT", preemptVuln: "PREEMPTABLE" },
      priorityLevel: 90,
    },
    sessionAmbr: { uplink: "500 Mbps", downlink: "1 Gbps" },
    "3gppChargingCharacteristics": hexOf(subscriber, `charging ${dnn}`, 4),
    upSecurity: { upIntegr: "PREFERRED", upConfid: "PREFERRED" },
    iwkEpsInd: false,
    ladnIndicator: false,
    ipv4FrameRouteList: [{ ipv4Mask: "198.51.100.0/28" }, { ipv4Mask: "203.0.113.16/28" }],
  };
}

function snssaiInfo(slice: Slice): Record<string, unknown> {
  const dnnInfos = slice.dnns.map((dnn, index) => ({
    dnn,
    defaultDnnIndicator: index === 0,
    lboRoamingAllowed: false,
    iwkEpsInd: false,
    ladnIndicator: false,
    smfList: [1, 2].map((smf) => `smf-${smf}.${dnn}.5gc.mnc001.mcc001.3gppnetwork.org`),
    sameSmfInd: false,
  }));
  return { dnnInfos };
}

/** TS 29.519 AmPolicyData. */
function amPolicyData(subscriber: SubscriberSeed): Record<string, unknown> {
  return {
    subscCats: ["gold", "mobile-broadband"],
    praInfos: Object.fromEntries(
      [1, 2, 3, 4].map((area) => [
        `pra-${area}`,
        { praId: `pra-${area}`, presenceState: "UNKNOWN", trackingAreaList: tacsOf(area).map(trackingArea) },
      ]),
    ),
    rfspIndex: 1 + (byteOf(subscriber, "rfsp") % 256),
  };
}

function trackingArea(tac: string): Record<string, unknown> {
  return { plmnId: { mcc: "001", mnc: "01" }, tac };
}

/** TS 29.519 SmPolicySnssaiData. */
function smPolicy(slice: Slice): Record<string, unknown> {
  const policyOf = (dnn: string) => ({
    dnn,
    allowedServices: ["web", "video", "voice", "messaging"],
    subscCats: ["gold"],
    gbrUl: "20 Mbps",
    gbrDl: "50 Mbps",
    adcSupport: false,
    subscSpendingLimits: false,
    online: false,
    offline: true,
    chfInfo: { primaryChfAddress: "http://chf-1.weft.example", secondaryChfAddress: "http://chf-2.weft.example" },
    refUmDataLimitIds: Object.fromEntries(["day", "month"].map((period) => [period, { limitId: `${dnn}-${period}` }])),
    mpsPriority: false,
    imsSignallingPrio: dnn === "ims",
    mpsPriorityLevel: 15,
  });
  return { snssai: snssai(slice), smPolicyDnnData: Object.fromEntries(slice.dnns.map((dnn) => [dnn, policyOf(dnn)])) };
}

function snssai({ sst, sd }: Slice): { readonly sst: number; readonly sd: string } {
  return { sst, sd };
}

function keyOf({ sst, sd }: Slice): string {
  return `${sst}-${sd}`;
}

function hexOf({ seed, supi }: SubscriberSeed, label: string, length: number): string {
  return createHmac("sha256", seed).update(`${label} ${supi}`).digest("hex").slice(0, length);
}

function byteOf(subscriber: SubscriberSeed, label: string): number {
  return Number.parseInt(hexOf(subscriber, label, 2), 16);
}

function digitsOf(subscriber: SubscriberSeed, label: string, length: number): string {
  return BigInt(`0x${hexOf(subscriber, label, 16)}`)
    .toString()
    .padStart(length, "0")
    .slice(-length);
}
