/** One gNB at the AMF: its setup and its UEs. */
import type { Socket } from "node:net";
import { type N2Connection, openN2 } from "../n2/n2-connection.ts";
import { type DownlinkN2, type UplinkN2, uplinkN2 } from "../n2/n2-message.ts";
import type { NfContext } from "../sbi/network-function.ts";
import type { AmfIdentity } from "./registration.ts";
import { UeContext } from "./ue-context.ts";

export interface AssociationLimits {
  readonly uesPerGnbMax: number;
  readonly queueBytesMax: number;
}

export interface AssociationOptions {
  readonly nf: NfContext;
  readonly identity: AmfIdentity;
  readonly limits: AssociationLimits;
  readonly socket: Socket;
  /** Identifiers that are unique at this AMF. */
  nextUeId(): number;
  onClose(): void;
}

type FromUe = Exclude<UplinkN2, { message: "NGSetupRequest" | "InitialUEMessage" }>;

export class GnbAssociation {
  readonly #options: AssociationOptions;
  readonly #connection: N2Connection<DownlinkN2>;
  readonly #ues = new Map<number, UeContext>();
  readonly #leaving = new Set<Promise<void>>();
  #isSetUp = false;

  constructor(options: AssociationOptions) {
    this.#options = options;
    const { socket, nf, limits } = options;
    this.#connection = openN2<DownlinkN2, UplinkN2>({
      socket,
      schema: uplinkN2,
      counters: nf.counters,
      queueBytesMax: limits.queueBytesMax,
      onMessage: (message) => this.#receive(message),
      onFault: (detail) => this.#error("abstract-syntax-error-reject", detail),
      onClose: () => this.#closed(),
    });
  }

  get ues(): ReadonlyMap<number, UeContext> {
    return this.#ues;
  }

  close(): void {
    this.#connection.close();
  }

  /** Settles when all UEs of a closed association have been let go. */
  async settled(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  #receive(message: UplinkN2): void {
    if (message.message === "NGSetupRequest") {
      this.#setUp();
    } else if (!this.#isSetUp) {
      this.#error("message-not-compatible-with-receiver-state", "the NG setup comes first");
    } else if (message.message === "InitialUEMessage") {
      this.#newUe(message.ranUeNgapId)?.receiveNas(message.nasPdu);
    } else {
      this.#fromUe(message);
    }
  }

  #setUp(): void {
    const { amfName, plmn, amfId } = this.#options.identity;
    this.#isSetUp = true;
    const servedGuami = `${plmn.mcc}${plmn.mnc}-${amfId}`;
    this.#connection.send({ message: "NGSetupResponse", amfName, servedGuami, relativeAmfCapacity: 255 });
  }

  #newUe(ranUeNgapId: number): UeContext | undefined {
    const { nf, identity, limits } = this.#options;
    if (this.#ues.size >= limits.uesPerGnbMax) {
      nf.counters.add("uesRefused");
      this.#error("control-processing-overload", `${limits.uesPerGnbMax} UEs are here already`);
      return undefined;
    }
    const amfUeNgapId = this.#options.nextUeId();
    const ue = new UeContext({
      nf,
      identity,
      ranUeNgapId,
      amfUeNgapId,
      send: (message) => this.#connection.send(message),
      onLeft: () => this.#ues.delete(amfUeNgapId),
    });
    this.#ues.set(amfUeNgapId, ue);
    return ue;
  }

  #fromUe(message: FromUe): void {
    const ue = this.#ues.get(message.amfUeNgapId);
    // The release of a context is confirmed after the context has gone.
    if (message.message === "UEContextReleaseComplete") return;
    if (!ue) {
      this.#options.nf.counters.add("unknownUes");
      this.#error("unknown-local-UE-NGAP-ID", `no UE ${message.amfUeNgapId}`);
    } else if (message.message === "UplinkNASTransport") {
      ue.receiveNas(message.nasPdu);
    } else if (message.message === "PDUSessionResourceSetupResponse") {
      ue.receiveTunnel(message.pduSessionId, message.downlinkTunnel);
    }
  }

  #error(cause: string, detail: string): void {
    this.#connection.send({ message: "ErrorIndication", cause, detail });
  }

  #closed(): void {
    for (const ue of this.#ues.values()) {
      ue.abandon();
      this.#leaving.add(ue.settled());
    }
    this.#ues.clear();
    this.#options.onClose();
  }
}
