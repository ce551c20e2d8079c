/** What an NF tells the NRF of itself (NFProfile of TS 29.510 clause 6.1.6.2.2, the members used here). */
import { z } from "zod";
import type { Endpoint } from "../config-fields.ts";

const nfTypes = ["NRF", "UDM", "AMF", "SMF", "AUSF", "PCF", "UDR", "UPF"] as const;
export type NfType = (typeof nfTypes)[number];

const nfService = z.looseObject({
  serviceInstanceId: z.string().min(1),
  serviceName: z.string().min(1),
  versions: z.array(z.looseObject({ apiVersionInUri: z.string(), apiFullVersion: z.string() })).min(1),
  scheme: z.enum(["http", "https"]),
  nfServiceStatus: z.enum(["REGISTERED", "SUSPENDED", "UNDISCOVERABLE"]),
});

export const nfProfile = z.looseObject({
  nfInstanceId: z.guid(),
  nfType: z.string().min(1).max(32),
  nfStatus: z.enum(["REGISTERED", "SUSPENDED", "UNDISCOVERABLE"]),
  heartBeatTimer: z.int().min(1).optional(),
  ipv4Addresses: z.array(z.ipv4()).min(1).max(16).optional(),
  ipv6Addresses: z.array(z.ipv6()).min(1).max(16).optional(),
  nfServices: z.array(nfService).max(32).optional(),
});
export type NfProfile = z.output<typeof nfProfile>;

export interface OwnProfile {
  readonly nfInstanceId: string;
  readonly nfType: NfType;
  readonly services: readonly string[];
  readonly endpoint: Endpoint;
}

export function profileOf({ nfInstanceId, nfType, services, endpoint }: OwnProfile): NfProfile {
  const addresses = endpoint.host.includes(":")
    ? { ipv6Addresses: [endpoint.host] }
    : { ipv4Addresses: [endpoint.host] };
  const ipEndPoint = { ipv4Address: endpoint.host, transport: "TCP", port: endpoint.port };
  return {
    nfInstanceId,
    nfType,
    nfStatus: "REGISTERED",
    ...addresses,
    capacity: 100,
    priority: 1,
    nfServices: services.map((serviceName) => ({
      serviceInstanceId: `${serviceName}-1`,
      serviceName,
      versions: [{ apiVersionInUri: versionOf(serviceName), apiFullVersion: "1.2.0" }],
      scheme: "http" as const,
      nfServiceStatus: "REGISTERED" as const,
      ipEndPoints: [ipEndPoint],
    })),
  };
}

/** Version 4 UUID of 16 random bytes (RFC 9562). */
export function uuidOf(random: Uint8Array): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The services here that have left version 1 behind. */
function versionOf(serviceName: string): string {
  return serviceName === "nudm-sdm" || serviceName === "nudr-dr" ? "v2" : "v1";
}
