/** One UE at the AMF: takes its messages one after another and carries out what the rules say. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { DownlinkN2 } from "../n2/n2-message.ts";
import type { DownlinkNas, UplinkNas } from "../n2/nas-message.ts";
import { mmCauses } from "../n2/nas-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import type { NfContext } from "../sbi/network-function.ts";
import { type AmfIdentity, confirmResponse, deregisterUe, registerUe, requestChallenge } from "./registration.ts";
import { nextStep, type RegisteredUe, type Step, type UeState, withSession } from "./rules.ts";
import { activateSession, establishSession, releaseSession } from "./session-management.ts";

export interface UeOptions {
  readonly nf: NfContext;
  readonly identity: AmfIdentity;
  readonly ranUeNgapId: number;
  readonly amfUeNgapId: number;
  send(message: DownlinkN2): void;
  /** The UE has nothing more to do with this AMF. */
  onLeft(): void;
}

/** Messages one UE may have waiting; a UE that does not wait for answers is cut off there. */
const waitingMax = 8;
const abba = "0000";

export class UeContext {
  readonly #options: UeOptions;
  #state: UeState = { phase: "new" };
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: UeOptions) {
    this.#options = options;
  }

  get state(): UeState {
    return this.#state;
  }

  receiveNas(nas: UplinkNas): void {
    this.#enqueue(() => this.#carryOut(nextStep(this.#state, nas)));
  }

  /** The gNB has set up its side of a session. */
  receiveTunnel(pduSessionId: number, downlink: Tunnel): void {
    this.#enqueue(() => this.#activate(pduSessionId, downlink));
  }

  /** The gNB is gone: sessions, policy and registration are taken back. */
  abandon(): void {
    this.#append(() => this.#leave());
  }

  /** Settles when all that was received has been carried out. */
  settled(): Promise<void> {
    return this.#work;
  }

  #enqueue(task: () => Promise<void>): void {
    const { counters } = this.#options.nf;
    if (this.#waiting >= waitingMax) {
      counters.add("ueQueueOverflows");
      return;
    }
    this.#waiting += 1;
    this.#append(async () => {
      this.#waiting -= 1;
      await task();
    });
  }

  #append(task: () => Promise<void>): void {
    const { counters, deps } = this.#options.nf;
    this.#work = this.#work.then(task).catch((error: unknown) => {
      counters.add("procedureErrors");
      deps.log.error("a UE's procedure failed", { reason: messageOf(error) });
    });
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case "authenticate":
        return this.#authenticate(step);
      case "confirm":
        return this.#confirm(step);
      case "reject-authentication":
        return this.#rejectAuthentication(step.counter);
      case "establish":
        return this.#establish(step);
      case "reject-session":
        return this.#rejectSession(step);
      case "release":
        return this.#release(step.pduSessionId, step.session.smContextPath);
      case "deregister":
        await this.#leave();
        this.#sendNas({ type: "DeregistrationAccept" });
        return this.#releaseContext("deregister");
      case "status":
        this.#options.nf.counters.add("nasIncompatible");
        return this.#sendNas({ type: "5GMMStatus", cause: step.cause });
      case "nothing":
        return undefined;
    }
  }

  async #authenticate(step: Extract<Step, { kind: "authenticate" }>): Promise<void> {
    const { nf, identity } = this.#options;
    if (step.resynchronisation) nf.counters.add("resynchronisations");
    const issued = await requestChallenge(nf, identity, step);
    if (issued.kind === "refused") return this.#rejectRegistration(issued.cause, issued.reason);
    const { challenge, autn } = issued;
    this.#state = { phase: "challenged", challenge };
    this.#sendNas({ type: "AuthenticationRequest", ngKsi: 0, abba, rand: challenge.rand, autn });
  }

  async #confirm({ resStar, challenge }: Extract<Step, { kind: "confirm" }>): Promise<void> {
    const { nf, identity, ranUeNgapId, amfUeNgapId } = this.#options;
    const result = await confirmResponse(nf, challenge.confirmPath, resStar);
    if (result.kind === "refused") return this.#rejectRegistration(result.cause, result.reason);
    if (result.kind === "failed") return this.#rejectAuthentication("resMismatches");
    const guti = `5g-guti-${identity.plmn.mcc}${identity.plmn.mnc}${identity.amfId}${amfUeNgapId.toString(16).padStart(8, "0")}`;
    const ue = await registerUe(nf, identity, result.supi, guti);
    if ("kind" in ue) return this.#rejectRegistration(ue.cause, ue.reason);
    this.#state = ue;
    nf.counters.add("registrationsAccepted");
    const guami = `${identity.plmn.mcc}${identity.plmn.mnc}-${identity.amfId}`;
    const nasPdu: DownlinkNas = {
      type: "RegistrationAccept",
      guti,
      allowedNssai: [{ sst: 1, sd: "000001" }],
      taiList: ["000001"],
      t3512Seconds: 3240,
    };
    this.#options.send({ message: "InitialContextSetupRequest", ranUeNgapId, amfUeNgapId, guami, nasPdu });
  }

  async #establish({ nas }: Extract<Step, { kind: "establish" }>): Promise<void> {
    const { nf, identity, ranUeNgapId, amfUeNgapId } = this.#options;
    const { pduSessionId } = nas;
    const ue = this.#registered();
    if (!ue) return;
    const outcome = await establishSession(nf, identity, ue, nas);
    if (outcome.kind === "rejected") {
      return this.#rejectSession({ pduSessionId, cause: outcome.cause, isRelease: false });
    }
    const { smContextPath, n1: nasPdu, uplink: uplinkTunnel, qfi } = outcome;
    this.#state = withSession(ue, pduSessionId, { smContextPath });
    nf.counters.add("sessionsAccepted");
    const ids = { ranUeNgapId, amfUeNgapId };
    this.#options.send({ message: "PDUSessionResourceSetupRequest", ...ids, pduSessionId, nasPdu, uplinkTunnel, qfi });
  }

  async #activate(pduSessionId: number, downlink: Tunnel): Promise<void> {
    const session = this.#registered()?.sessions.get(pduSessionId);
    if (session && (await activateSession(this.#options.nf, session.smContextPath, downlink))) return;
    this.#options.nf.counters.add("activationsFailed");
    if (session) await this.#release(pduSessionId, session.smContextPath);
  }

  async #release(pduSessionId: number, smContextPath: string): Promise<void> {
    const { nf, ranUeNgapId, amfUeNgapId } = this.#options;
    const ue = this.#registered();
    if (!ue) return;
    const isReleased = await releaseSession(nf, smContextPath);
    nf.counters.add(isReleased ? "sessionsReleased" : "releasesFailed");
    this.#state = withSession(ue, pduSessionId, undefined);
    const nasPdu: DownlinkNas = { type: "PDUSessionReleaseCommand", pduSessionId };
    this.#options.send({ message: "PDUSessionResourceReleaseCommand", ranUeNgapId, amfUeNgapId, pduSessionId, nasPdu });
  }

  async #leave(): Promise<void> {
    const { nf, identity } = this.#options;
    const ue = this.#registered();
    this.#state = { phase: "left" };
    if (!ue) return;
    for (const { smContextPath } of ue.sessions.values()) await releaseSession(nf, smContextPath);
    await deregisterUe(nf, identity, ue);
    nf.counters.add("deregistrations");
  }

  #registered(): RegisteredUe | undefined {
    return this.#state.phase === "registered" ? this.#state : undefined;
  }

  #rejectAuthentication(counter: string): void {
    this.#options.nf.counters.add(counter);
    this.#state = { phase: "left" };
    this.#sendNas({ type: "AuthenticationReject" });
    this.#releaseContext("authentication-failure");
  }

  #rejectRegistration(cause: number, reason: string): void {
    this.#options.nf.counters.add("registrationsRejected");
    this.#options.nf.deps.log.debug("registration rejected", { cause, reason });
    this.#state = { phase: "left" };
    this.#sendNas({ type: "RegistrationReject", cause });
    this.#releaseContext(cause === mmCauses.congestion ? "control-processing-overload" : "normal-release");
  }

  #rejectSession({
    pduSessionId,
    cause,
    isRelease,
  }: {
    pduSessionId: number;
    cause: number;
    isRelease: boolean;
  }): void {
    this.#options.nf.counters.add("sessionsRejected");
    this.#sendNas({
      type: isRelease ? "PDUSessionReleaseReject" : "PDUSessionEstablishmentReject",
      pduSessionId,
      cause,
    });
  }

  #releaseContext(cause: string): void {
    const { ranUeNgapId, amfUeNgapId } = this.#options;
    this.#options.send({ message: "UEContextReleaseCommand", ranUeNgapId, amfUeNgapId, cause });
    this.#options.onLeft();
  }

  #sendNas(nasPdu: DownlinkNas): void {
    const { ranUeNgapId, amfUeNgapId } = this.#options;
    this.#options.send({ message: "DownlinkNASTransport", ranUeNgapId, amfUeNgapId, nasPdu });
  }
}
