/** gNB and UEs as a load generator: N2-lite to the AMF, GTP-U to the UPF. */
import { z } from "zod";
import { plmnOf, servingNetworkNameOf } from "../aka/subscriber-identity.ts";
import { addressText, endpointOf, ipv4HostField, upstreamUrl } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { objectText } from "../dn/rules.ts";
import { gtpuPort } from "../gtpu/gtpu-message.ts";
import { ProcedureStatistics } from "../procedure-statistics.ts";
import { defineSample, type RunningSample, type SampleDeps } from "../sample.ts";
import { Load } from "./load.ts";
import { N2Client } from "./n2-client.ts";
import { procedures } from "./procedures.ts";
import { formatReport } from "./report.ts";
import { firstMsinOf, type UeRange } from "./rules.ts";
import type { UeSettings } from "./ue-procedures.ts";
import { UserPlane } from "./user-plane.ts";

const configSchema = z.strictObject({
  host: ipv4HostField,
  gtpuPort: z.int().min(1).max(65_535).default(gtpuPort).describe("Port of GTP-U on both ends"),
  upstreams: z.strictObject({ amf: upstreamUrl }).describe("N2 of the AMF"),
  n2Connections: z.int().min(1).max(64).default(1).describe("Connections to the AMF; UEs take turns on them"),
  gnbName: z.string().min(1).max(64).default("weft-gnb").describe("Name told to the AMF"),
  plmn: z
    .string()
    .regex(/^\d{5,6}$/)
    .default("00101")
    .describe("MCC and MNC of network and UEs"),
  tac: z
    .string()
    .regex(/^[0-9a-f]{6}$/)
    .default("000001")
    .describe("Tracking area"),
  subscriberSeed: z.string().min(1).default("weft").describe("Seed of the UEs' keys; the UDR's too"),
  seed: z.string().default("").describe("Chooses, together with the host, which subscribers come"),
  firstMsin: z.int().min(0).optional().describe("MSIN of the first UE, instead of one that the seed chooses"),
  ueRange: z.int().min(1).max(1_000_000).default(1000).describe("Different UEs; after the last, the first comes again"),
  arrivalsPerSecond: z
    .number()
    .positive()
    .max(10_000)
    .default(5)
    .describe("UEs that arrive, whatever the answers take"),
  concurrencyMax: z.int().min(1).max(10_000).default(64).describe("UEs under way at once; more are turned away"),
  ueCount: z.int().min(1).optional().describe("Arrivals in all; without it and durationMs there is no end"),
  durationMs: z.int().min(1).optional().describe("Time in which UEs arrive"),
  dnn: z.string().min(1).max(100).default("internet").describe("Data network of the sessions"),
  sst: z.int().min(0).max(255).default(1).describe("Slice and service type of the sessions"),
  sd: z
    .string()
    .regex(/^[0-9a-f]{6}$/)
    .default("000001")
    .describe("Slice differentiator of the sessions"),
  requestsPerSession: z.int().min(0).max(10_000).default(3).describe("HTTP requests a session makes"),
  requestIntervalMs: z.int().min(0).max(600_000).default(0).describe("Pause between a session's requests"),
  objectBytes: z.int().min(2).max(65_536).default(4096).describe("Size of the objects asked for"),
  uploadBytes: z.int().min(0).max(65_536).default(0).describe("With more than 0 every second request uploads so much"),
  segmentBytesMax: z.int().min(64).max(65_000).default(1400).describe("Payload bytes of one G-PDU uplink"),
  procedureTimeoutMs: z.int().min(1).default(10_000).describe("Time the network has for each answer"),
  requestTimeoutMs: z.int().min(1).default(5000).describe("Silence after which a request has failed"),
});
type GnbConfig = z.output<typeof configSchema>;

export const gnbSample = defineSample({
  name: "gnb",
  summary: "gNB and UEs: drives registrations, sessions and user plane at a set rate",
  configSchema,
  start: startGnb,
});

async function startGnb(config: GnbConfig, deps: SampleDeps): Promise<RunningSample> {
  const counters = new Counters();
  const statistics = new ProcedureStatistics(procedures);
  const teidStart = Buffer.from(deps.randomBytes(4)).readUInt32BE();
  const plane = await UserPlane.open({ ...config, counters, teidStart });
  const startWhenSetUp = () => {
    if (n2.every(({ isSetUp }) => isSetUp)) load.start();
  };
  const { amf } = config.upstreams;
  const sayOnce = once(() => deps.log.warn("the AMF does not answer; it is asked again and again", { amf }));
  const events = { onReady: startWhenSetUp, onUnanswered: sayOnce };
  const n2: readonly N2Client[] = Array.from(
    { length: config.n2Connections },
    () => new N2Client({ ...n2Options(config, counters), ...events }),
  );
  const load: Load = new Load({
    arrivals: { arrivalsPerSecond: config.arrivalsPerSecond, ueCount: config.ueCount, durationMs: config.durationMs },
    concurrencyMax: config.concurrencyMax,
    range: rangeOf(config),
    settings: settingsOf(config),
    n2,
    tools: { plan: config, expected: objectText(config.objectBytes), plane, statistics, counters, deps },
    counters,
    deps,
  });
  return {
    addresses: { gtpu: addressText({ host: config.host, port: config.gtpuPort }) },
    ...((config.ueCount ?? config.durationMs) !== undefined && { finished: load.finished }),
    statistics: () => ({
      elapsedMs: load.elapsedMs,
      uesActive: load.active,
      procedures: statistics.figures(load.elapsedMs),
      ...counters.all(),
    }),
    report: () => formatReport(statistics.figures(load.elapsedMs)),
    stop: async () => {
      load.stop();
      for (const client of n2) client.stop();
      await plane.stop();
    },
  };
}

function n2Options(config: GnbConfig, counters: Counters) {
  const { host: localAddress, gnbName, tac } = config;
  return { amf: endpointOf(config.upstreams.amf), localAddress, gnbName, tac, counters };
}

function once(call: () => void): () => void {
  let isCalled = false;
  return () => {
    if (!isCalled) call();
    isCalled = true;
  };
}

function rangeOf({ plmn, firstMsin, ueRange, subscriberSeed, seed, host }: GnbConfig): UeRange {
  const first = firstMsin ?? firstMsinOf(`${seed} ${host}`, ueRange);
  return { plmn: plmnOf(plmn), firstMsin: first, count: ueRange, subscriberSeed };
}

function settingsOf({ plmn, tac, dnn, sst, sd, procedureTimeoutMs }: GnbConfig): UeSettings {
  const servingNetworkName = servingNetworkNameOf(plmnOf(plmn));
  return { servingNetworkName, tac, dnn, sNssai: { sst, sd }, procedureTimeoutMs };
}
