/** The gNB's connections to the AMF: set up, kept up, shared by the UEs. */
import { connect } from "node:net";
import type { Endpoint } from "../config-fields.ts";
import type { Counters } from "../counters.ts";
import { type N2Connection, openN2 } from "../n2/n2-connection.ts";
import { type DownlinkN2, downlinkN2, type UplinkN2 } from "../n2/n2-message.ts";
import { Mailbox } from "./mailbox.ts";

export interface N2ClientOptions {
  readonly amf: Endpoint;
  readonly localAddress: string;
  readonly gnbName: string;
  readonly tac: string;
  readonly counters: Counters;
  /** Called when the AMF has answered the setup for the first time. */
  onReady(): void;
  /** Called whenever a connection ends before the AMF has answered; another is tried. */
  onUnanswered(): void;
}

/** One UE's way to the AMF. */
export interface UeChannel {
  readonly ranUeNgapId: number;
  send(message: UplinkN2): void;
  /** The AMF's next message to this UE; undefined when none came in time, or the connection is gone. */
  receive(timeoutMs: number): Promise<DownlinkN2 | undefined>;
  close(): void;
}

const reconnectMs = 500;
const queueBytesMax = 4_194_304;
const waitingPerUeMax = 16;

export class N2Client {
  readonly #options: N2ClientOptions;
  readonly #ues = new Map<number, Mailbox<DownlinkN2>>();
  #connection: N2Connection<UplinkN2> | undefined;
  #isSetUp = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: N2ClientOptions) {
    this.#options = options;
    this.#connect();
  }

  get isSetUp(): boolean {
    return this.#isSetUp;
  }

  openUe(ranUeNgapId: number): UeChannel {
    const mailbox = new Mailbox<DownlinkN2>(waitingPerUeMax);
    this.#ues.set(ranUeNgapId, mailbox);
    return {
      ranUeNgapId,
      send: (message) => this.#connection?.send(message),
      receive: (timeoutMs) => mailbox.take(timeoutMs),
      close: () => {
        mailbox.close();
        this.#ues.delete(ranUeNgapId);
      },
    };
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }

  #connect(): void {
    const { amf, localAddress, gnbName, tac, counters } = this.#options;
    counters.add("n2Connects");
    const socket = connect({ ...amf, localAddress });
    this.#connection = openN2<UplinkN2, DownlinkN2>({
      socket,
      schema: downlinkN2,
      counters,
      queueBytesMax,
      onMessage: (message) => this.#receive(message),
      onClose: () => this.#closed(),
    });
    this.#connection.send({
      message: "NGSetupRequest",
      globalRanNodeId: gnbName,
      ranNodeName: gnbName,
      supportedTacs: [tac],
    });
  }

  #receive(message: DownlinkN2): void {
    if (message.message === "NGSetupResponse") {
      this.#isSetUp = true;
      this.#options.onReady();
    } else if ("ranUeNgapId" in message) {
      const isTaken = this.#ues.get(message.ranUeNgapId)?.put(message) ?? false;
      if (!isTaken && message.message !== "UEContextReleaseCommand") this.#options.counters.add("n2Unexpected");
    } else {
      this.#options.counters.add(message.message === "ErrorIndication" ? "n2ErrorIndications" : "n2SetupFailures");
    }
  }

  #closed(): void {
    if (!this.#isSetUp && !this.#isStopped) this.#options.onUnanswered();
    this.#isSetUp = false;
    for (const mailbox of this.#ues.values()) mailbox.close();
    this.#ues.clear();
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#connect(), reconnectMs);
  }
}
