/** AMF: N2-lite towards gNBs, the other functions over h2c, and Namf_MT (TS 29.518). */
import { createServer } from "node:net";
import { z } from "zod";
import { plmnOf } from "../aka/subscriber-identity.ts";
import { portField, upstreamUrl } from "../config-fields.ts";
import { closed, listen } from "../listen.ts";
import { defineSample, type RunningSample, type SampleDeps } from "../sample.ts";
import { type NfContext, startNetworkFunction } from "../sbi/network-function.ts";
import { ok, problem } from "../sbi/problem-details.ts";
import { sbiFields } from "../sbi/sbi-limits.ts";
import { type SbiRoute, sbiRoute } from "../sbi/sbi-route.ts";
import { GnbAssociation } from "./gnb-association.ts";
import type { AmfIdentity } from "./registration.ts";

const configSchema = z.strictObject({
  ...sbiFields,
  upstreams: z
    .strictObject({
      nrf: upstreamUrl.optional(),
      ausf: upstreamUrl,
      udm: upstreamUrl,
      pcf: upstreamUrl,
      smf: upstreamUrl,
    })
    .describe("NRF, AUSF, UDM, PCF and SMF"),
  n2Port: portField(38_412).describe("Port of N2-lite; 0 takes a free one"),
  plmn: z
    .string()
    .regex(/^\d{5,6}$/)
    .default("00101")
    .describe("MCC and MNC served"),
  amfName: z.string().min(1).max(150).default("weft-amf").describe("Name told to gNBs"),
  gnbsMax: z.int().min(1).default(64).describe("gNBs connected at once"),
  uesPerGnbMax: z.int().min(1).default(10_000).describe("UEs at once, for each gNB"),
  n2QueueBytesMax: z.int().min(65_536).default(4_194_304).describe("Bytes that may wait for a gNB that does not read"),
});
type AmfConfig = z.output<typeof configSchema>;

export const amfSample = defineSample({
  name: "amf",
  summary: "Access and mobility: registration and sessions over N2-lite; Namf_MT (TS 29.518)",
  configSchema,
  start: startAmf,
});

async function startAmf(config: AmfConfig, deps: SampleDeps): Promise<RunningSample> {
  const gnbs = new Set<GnbAssociation>();
  const running = await startNetworkFunction({
    nfType: "AMF",
    services: ["namf-mt"],
    config,
    deps,
    routes: (nf) => [domainSelectionRoute(nf, gnbs)],
  });
  const n2 = await startN2(config, running.context, gnbs).catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  return {
    addresses: { ...running.addresses, n2: n2.address },
    statistics: () => ({
      ...running.statistics(),
      gnbs: gnbs.size,
      ues: [...gnbs].reduce((sum, gnb) => sum + gnb.ues.size, 0),
    }),
    stop: async () => {
      await n2.stop();
      await running.stop();
    },
  };
}

interface N2Server {
  readonly address: string;
  stop(): Promise<void>;
}

async function startN2(config: AmfConfig, nf: NfContext, gnbs: Set<GnbAssociation>): Promise<N2Server> {
  const identity: AmfIdentity = { plmn: plmnOf(config.plmn), amfName: config.amfName, amfId: "010040" };
  const limits = { uesPerGnbMax: config.uesPerGnbMax, queueBytesMax: config.n2QueueBytesMax };
  const leaving = new Set<Promise<void>>();
  let ues = 0;
  const nextUeId = () => ++ues >>> 0;
  const server = createServer((socket) => {
    if (gnbs.size >= config.gnbsMax) {
      nf.counters.add("gnbsRefused");
      socket.destroy();
      return;
    }
    const onClose = () => {
      gnbs.delete(gnb);
      const left = gnb.settled().finally(() => leaving.delete(left));
      leaving.add(left);
    };
    const gnb = new GnbAssociation({ nf, identity, limits, socket, nextUeId, onClose });
    gnbs.add(gnb);
  });
  const address = await listen(server, { host: config.host, port: config.n2Port });
  return {
    address,
    stop: async () => {
      const done = closed(server);
      for (const gnb of gnbs) gnb.close();
      await done;
      await Promise.all(leaving);
    },
  };
}

/** UeContextInfo of TS 29.518 clause 5.4: is the UE here, and on which radio? */
function domainSelectionRoute(nf: NfContext, gnbs: ReadonlySet<GnbAssociation>): SbiRoute {
  return sbiRoute({
    method: "GET",
    template: "/namf-mt/v1/ue-contexts/{ueContextId}",
    operation: "ProvideDomainSelectionInfo",
    query: z.looseObject({ "info-class": z.literal("TADS").optional() }),
    handle: ({ params }) => {
      const ues = [...gnbs].flatMap((gnb) => [...gnb.ues.values()]);
      const isHere = ues.some(({ state }) => state.phase === "registered" && state.supi === params.ueContextId);
      if (!isHere) return problem(404, "CONTEXT_NOT_FOUND", "no such UE is registered here");
      const lastActTime = new Date(nf.deps.nowMs()).toISOString();
      return ok({ supportVoPS: false, lastActTime, accessType: "3GPP_ACCESS", ratType: "NR" });
    },
  });
}
