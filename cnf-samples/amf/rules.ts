/** The AMF's memory of a UE and what a NAS message means in it (TS 24.501 clause 5). */
import { timingSafeEqual } from "node:crypto";
import { hresStarOf } from "../aka/five-g-keys.ts";
import { mmCauses, smCauses, type UplinkNas } from "../n2/nas-message.ts";

export interface Challenge {
  readonly supiOrSuci: string;
  /** Hex. */
  readonly rand: string;
  readonly hxresStar: string;
  readonly confirmPath: string;
  /** Synchronisation failures so far; one is answered, a second rejects. */
  readonly resynchronisations: number;
}

export interface SmSession {
  readonly smContextPath: string;
}

export type UeState =
  | { readonly phase: "new" }
  | { readonly phase: "challenged"; readonly challenge: Challenge }
  | {
      readonly phase: "registered";
      readonly supi: string;
      readonly guti: string;
      readonly amPolicyPath: string;
      readonly sessions: ReadonlyMap<number, SmSession>;
    }
  | { readonly phase: "left" };

export type RegisteredUe = Extract<UeState, { phase: "registered" }>;

export interface Resynchronisation {
  readonly rand: string;
  readonly auts: string;
}

/** What a message asks the AMF to do. */
export type Step =
  | {
      readonly kind: "authenticate";
      readonly supiOrSuci: string;
      readonly resynchronisations: number;
      readonly resynchronisation?: Resynchronisation;
    }
  | { readonly kind: "confirm"; readonly resStar: string; readonly challenge: Challenge }
  | { readonly kind: "reject-authentication"; readonly counter: string }
  | { readonly kind: "establish"; readonly nas: Extract<UplinkNas, { type: "PDUSessionEstablishmentRequest" }> }
  | {
      readonly kind: "reject-session";
      readonly pduSessionId: number;
      readonly cause: number;
      readonly isRelease: boolean;
    }
  | { readonly kind: "release"; readonly pduSessionId: number; readonly session: SmSession }
  | { readonly kind: "deregister"; readonly ue: RegisteredUe }
  | { readonly kind: "nothing" }
  /** 5GMM STATUS: the message has no place in this state. */
  | { readonly kind: "status"; readonly cause: number };

const sessionsPerUeMax = 15;

export function nextStep(state: UeState, nas: UplinkNas): Step {
  switch (state.phase) {
    case "new":
      return nas.type === "RegistrationRequest" ? authenticate(nas.mobileIdentity, 0) : incompatible;
    case "challenged":
      return challenged(state.challenge, nas);
    case "registered":
      return registered(state, nas);
    case "left":
      return incompatible;
  }
}

/** Adds, or with undefined removes, a session. */
export function withSession(ue: RegisteredUe, pduSessionId: number, session: SmSession | undefined): RegisteredUe {
  const sessions = new Map(ue.sessions);
  if (session) sessions.set(pduSessionId, session);
  else sessions.delete(pduSessionId);
  return { ...ue, sessions };
}

/** The 5GMM cause of a failed upstream answer, by its status and ProblemDetails cause. */
export function mmCauseOf(status: number, cause: string): number {
  if (cause === "USER_NOT_FOUND" || cause === "USER_UNKNOWN" || status === 400) return mmCauses.illegalUe;
  if (cause === "SERVING_NETWORK_NOT_AUTHORIZED") return mmCauses.servingNetworkNotAuthorised;
  if (status === 503 || status === 504) return mmCauses.congestion;
  return mmCauses.protocolError;
}

const incompatible: Step = { kind: "status", cause: mmCauses.incompatibleWithState };

function authenticate(supiOrSuci: string, resynchronisations: number, resynchronisation?: Resynchronisation): Step {
  return { kind: "authenticate", supiOrSuci, resynchronisations, ...(resynchronisation && { resynchronisation }) };
}

function challenged(challenge: Challenge, nas: UplinkNas): Step {
  if (nas.type === "AuthenticationResponse") {
    const isExpected = timingSafeEqual(hresOf(challenge.rand, nas.resStar), Buffer.from(challenge.hxresStar, "hex"));
    if (!isExpected) return { kind: "reject-authentication", counter: "hresMismatches" };
    return { kind: "confirm", resStar: nas.resStar, challenge };
  }
  if (nas.type !== "AuthenticationFailure") return incompatible;
  const { supiOrSuci, rand, resynchronisations } = challenge;
  if (nas.cause === mmCauses.synchFailure && nas.auts !== undefined && resynchronisations === 0) {
    return authenticate(supiOrSuci, resynchronisations + 1, { rand, auts: nas.auts });
  }
  const counter = nas.cause === mmCauses.macFailure ? "macFailures" : "authenticationFailures";
  return { kind: "reject-authentication", counter };
}

function registered(ue: RegisteredUe, nas: UplinkNas): Step {
  switch (nas.type) {
    case "RegistrationComplete":
      return { kind: "nothing" };
    case "PDUSessionEstablishmentRequest":
      return establishing(ue, nas);
    case "PDUSessionReleaseRequest": {
      const { pduSessionId } = nas;
      const session = ue.sessions.get(pduSessionId);
      if (session) return { kind: "release", pduSessionId, session };
      return { kind: "reject-session", pduSessionId, cause: smCauses.noSuchSession, isRelease: true };
    }
    case "DeregistrationRequest":
      return { kind: "deregister", ue };
    default:
      return incompatible;
  }
}

function establishing(ue: RegisteredUe, nas: Extract<UplinkNas, { type: "PDUSessionEstablishmentRequest" }>): Step {
  const { pduSessionId } = nas;
  const isTaken = ue.sessions.has(pduSessionId);
  if (!isTaken && ue.sessions.size < sessionsPerUeMax) return { kind: "establish", nas };
  const cause = isTaken ? smCauses.rejected : smCauses.insufficientResources;
  return { kind: "reject-session", pduSessionId, cause, isRelease: false };
}

function hresOf(rand: string, resStar: string): Buffer {
  return hresStarOf(Buffer.from(rand, "hex"), Buffer.from(resStar, "hex"));
}
