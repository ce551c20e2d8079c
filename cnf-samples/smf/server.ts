/** SMF: TS 29.502 SM contexts over h2c, N4 to the UPFs. */
import { z } from "zod";
import { ipv4HostField, peerAddress, upstreamUrl } from "../config-fields.ts";
import { pfcpPort } from "../pfcp/pfcp-node.ts";
import { defineSample } from "../sample.ts";
import { startNetworkFunction } from "../sbi/network-function.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { ReferenceSealer } from "../sbi/sealed-reference.ts";
import { N4Client } from "./n4-client.ts";
import { smContextCreateData, smContextReleaseData, smContextUpdateData } from "./rules.ts";
import {
  activateSmContext,
  createSmContext,
  releaseSmContext,
  type SessionTools,
  smContextsRoot,
} from "./session-procedures.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  host: ipv4HostField,
  upstreams: z
    .strictObject({ nrf: upstreamUrl.optional(), udm: upstreamUrl, pcf: upstreamUrl })
    .describe("NRF, UDM and PCF"),
  upfAddress: z
    .union([peerAddress, z.array(peerAddress).min(1).max(64)])
    .describe("N4 of the UPF, host or host:port; several take turns"),
  pfcpPort: z.int().min(0).max(65_535).default(pfcpPort).describe("Own N4 port; 0 takes a free one"),
  pfcpRetryMs: z.int().min(10).default(500).describe("Time to wait before a PFCP request is sent again"),
  pfcpAttemptsMax: z.int().min(1).max(10).default(3).describe("How often a PFCP request is sent"),
  uePool: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}\/(\d|[12]\d|30)$/, "must be an IPv4 network such as 10.60.0.0/16")
    .default("10.60.0.0/16")
    .describe("Addresses of UEs; they repeat when used up"),
  stateSecret: z.string().min(1).default("weft").describe("Seals references; the same on all replicas"),
});

export const smfSample = defineSample({
  name: "smf",
  summary: "Session management: SM contexts (TS 29.502), N4 (TS 29.244)",
  configSchema,
  start: async (config, deps) => {
    const { host, upfAddress, pfcpRetryMs: retryMs, pfcpAttemptsMax: attemptsMax } = config;
    const upfs = typeof upfAddress === "string" ? [upfAddress] : upfAddress;
    const n4 = await N4Client.open({ host, port: config.pfcpPort, upfs, retryMs, attemptsMax }, deps);
    const sealer = new ReferenceSealer(config.stateSecret, deps.randomBytes);
    let ues = Buffer.from(deps.randomBytes(4)).readUInt32BE();
    const nextUe = () => ues++;
    const running = await startNetworkFunction({
      nfType: "SMF",
      services: ["nsmf-pdusession"],
      config,
      deps,
      routes: (nf) => sessionRoutes({ nf, n4, sealer, uePool: config.uePool, nextUe }),
    }).catch(async (error: unknown) => {
      await n4.stop();
      throw error;
    });
    return {
      addresses: { ...running.addresses, pfcp: n4.address },
      statistics: () => ({ ...running.statistics(), n4: n4.statistics() }),
      stop: async () => {
        await running.stop();
        await n4.stop();
      },
    };
  },
});

function sessionRoutes(tools: SessionTools): readonly SbiRoute[] {
  return [
    sbiRoute({
      method: "POST",
      template: smContextsRoot,
      operation: "PostSmContexts",
      body: smContextCreateData,
      handle: ({ body }) => createSmContext(tools, body),
    }),
    sbiRoute({
      method: "POST",
      template: `${smContextsRoot}/{smContextRef}/modify`,
      operation: "UpdateSmContext",
      body: smContextUpdateData,
      handle: ({ params, body }) => activateSmContext(tools, params.smContextRef ?? "", body.n2SmInfo.downlinkTunnel),
    }),
    sbiRoute({
      method: "POST",
      template: `${smContextsRoot}/{smContextRef}/release`,
      operation: "ReleaseSmContext",
      body: smContextReleaseData,
      handle: ({ params }) => releaseSmContext(tools, params.smContextRef ?? ""),
    }),
  ];
}
