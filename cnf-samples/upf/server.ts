/** UPF-lite: PFCP on N4, GTP-U on N3, one TCP connection per session on N6. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { z } from "zod";
import { addressText, endpointOf, ipv4HostField, upstreamUrl } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { decodeGtpu, encodeEcho, encodeErrorIndication, type GtpuMessage, gtpuPort } from "../gtpu/gtpu-message.ts";
import { PfcpEndpoint } from "../pfcp/pfcp-endpoint.ts";
import { pfcpPort, recoveryTimeStamp } from "../pfcp/pfcp-node.ts";
import { defineSample, type RunningSample, type SampleDeps } from "../sample.ts";
import { bindUdp, closeUdp, sendUdp } from "../udp.ts";
import { PacedSender } from "./paced-sender.ts";
import { type SessionEvent, UpfState } from "./rules.ts";
import { type UserPlaneOptions, UserPlaneSession } from "./user-plane-session.ts";

const configSchema = z.strictObject({
  host: ipv4HostField,
  pfcpPort: z.int().min(0).max(65_535).default(pfcpPort).describe("Port of N4; 0 takes a free one"),
  gtpuPort: z.int().min(1).max(65_535).default(gtpuPort).describe("Port of GTP-U on both ends"),
  upstreams: z.strictObject({ n6: upstreamUrl }).describe("Where the sessions' TCP connections go"),
  sessionsMax: z.int().min(1).default(10_000).describe("PDU sessions at once"),
  associationsMax: z.int().min(1).default(64).describe("Control plane nodes at once"),
  queueBytesMax: z.int().min(4096).default(65_536).describe("Bytes a session may hold in each direction"),
  segmentBytesMax: z.int().min(64).max(65_000).default(1400).describe("Payload bytes of one G-PDU downlink"),
  burstMax: z.int().min(1).default(16).describe("Downlink datagrams per turn of the event loop"),
  connectTimeoutMs: z.int().min(1).default(5000).describe("Time to connect on N6"),
});
type UpfConfig = z.output<typeof configSchema>;

export const upfSample = defineSample({
  name: "upf",
  summary: "User plane: PFCP (TS 29.244), GTP-U (TS 29.281), N6 as one TCP connection per session",
  configSchema,
  start: startUpf,
});

async function startUpf(config: UpfConfig, deps: SampleDeps): Promise<RunningSample> {
  const random = Buffer.from(deps.randomBytes(8));
  const state = new UpfState(config, config.host, recoveryTimeStamp(deps.nowMs()), random.readUInt32BE(0));
  const counters = new Counters();
  const gtpu = createSocket("udp4");
  await bindUdp(gtpu, { host: config.host, port: config.gtpuPort });
  const plane = new UserPlane(config, gtpu, state, counters);
  const pfcp = await PfcpEndpoint.open({
    host: config.host,
    port: config.pfcpPort,
    retryMs: 500,
    attemptsMax: 3,
    sequenceStart: random.readUIntBE(4, 3),
    answer: (message) => {
      const outcome = state.answer(message);
      for (const event of outcome?.events ?? []) plane.follow(event);
      return outcome?.reply;
    },
  }).catch(async (error: unknown) => {
    await closeUdp(gtpu);
    throw error;
  });
  return {
    addresses: { pfcp: pfcp.address, gtpu: addressText({ host: config.host, port: config.gtpuPort }) },
    statistics: () => ({ sessions: state.sessionCount, ...counters.all(), n4: pfcp.counters.all() }),
    stop: async () => {
      await pfcp.stop();
      plane.close();
      await closeUdp(gtpu);
    },
  };
}

const sessionCounters = { created: "sessionsCreated", changed: "sessionsChanged", deleted: "sessionsDeleted" } as const;

/** Tunnels to sessions and back. */
class UserPlane {
  readonly #gtpu: Socket;
  readonly #state: UpfState;
  readonly #counters: Counters;
  readonly #port: number;
  readonly #options: UserPlaneOptions;
  readonly #sessions = new Map<bigint, UserPlaneSession>();

  constructor(config: UpfConfig, gtpu: Socket, state: UpfState, counters: Counters) {
    this.#gtpu = gtpu;
    this.#state = state;
    this.#counters = counters;
    this.#port = config.gtpuPort;
    const sender = new PacedSender(config.burstMax, ({ bytes, host }) => this.#send(bytes, host));
    this.#options = { ...config, n6: endpointOf(config.upstreams.n6), localAddress: config.host, sender, counters };
    gtpu.on("message", (datagram, from) => this.#receive(datagram, from));
    gtpu.on("error", () => counters.add("gtpuSocketErrors"));
  }

  follow({ kind, session: { upSeid, downlink } }: SessionEvent): void {
    this.#counters.add(sessionCounters[kind]);
    switch (kind) {
      case "created":
        this.#sessions.set(upSeid, new UserPlaneSession(this.#options, downlink));
        break;
      case "changed":
        this.#sessions.get(upSeid)?.setDownlink(downlink);
        break;
      case "deleted":
        this.#sessions.get(upSeid)?.close();
        this.#sessions.delete(upSeid);
        break;
    }
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const decoded = decodeGtpu(datagram);
    if (decoded.kind === "malformed") this.#counters.add("gtpuMalformed");
    else this.#handle(decoded.message, from);
  }

  #handle(message: GtpuMessage, from: RemoteInfo): void {
    switch (message.kind) {
      case "echo-request":
        this.#counters.add("gtpuEchoes");
        this.#send(encodeEcho("echo-response", message.sequence), from.address, from.port);
        break;
      case "g-pdu":
        this.#uplink(message, from);
        break;
      case "error-indication":
        this.#counters.add("gtpuErrorIndications");
        break;
      default:
        this.#counters.add("gtpuIgnored");
    }
  }

  #uplink(message: Extract<GtpuMessage, { kind: "g-pdu" }>, from: RemoteInfo): void {
    const session = this.#state.sessionOfTeid(message.teid);
    const stream = session && this.#sessions.get(session.upSeid);
    if (stream) {
      stream.uplink(message.payload, message.sequence);
      return;
    }
    this.#counters.add("unknownTeid");
    this.#send(
      encodeErrorIndication({ teid: message.teid, address: this.#options.localAddress }),
      from.address,
      from.port,
    );
  }

  #send(bytes: Buffer, host: string, port = this.#port): void {
    sendUdp(this.#gtpu, bytes, { host, port }, () => this.#counters.add("gtpuSendErrors"));
  }
}
