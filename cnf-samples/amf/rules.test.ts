import { describe, expect, test } from "vitest";
import { hresStarOf } from "../aka/five-g-keys.ts";
import type { UplinkNas } from "../n2/nas-message.ts";
import { mmCauseOf, nextStep, type RegisteredUe, type UeState, withSession } from "./rules.ts";

const rand = "11".repeat(16);
const resStar = "22".repeat(16);
const hxresStar = hresStarOf(Buffer.from(rand, "hex"), Buffer.from(resStar, "hex")).toString("hex");
const challenge = { supiOrSuci: "imsi-001010000000001", rand, hxresStar, confirmPath: "/c", resynchronisations: 0 };
const challenged: UeState = { phase: "challenged", challenge };
const registered: RegisteredUe = {
  phase: "registered",
  supi: challenge.supiOrSuci,
  guti: "g",
  amPolicyPath: "/p",
  sessions: new Map([[1, { smContextPath: "/s" }]]),
};
const register: UplinkNas = {
  type: "RegistrationRequest",
  registrationType: "initial",
  mobileIdentity: "imsi-001010000000001",
  requestedNssai: [],
};
const establish = (pduSessionId: number): UplinkNas => ({
  type: "PDUSessionEstablishmentRequest",
  pduSessionId,
  dnn: "internet",
  sNssai: { sst: 1 },
});
const auts = "33".repeat(14);

describe("a UE", () => {
  const cases: { name: string; state: UeState; nas: UplinkNas; step: object }[] = [
    { name: "that registers is authenticated", state: { phase: "new" }, nas: register, step: { kind: "authenticate" } },
    {
      name: "that is new can only register",
      state: { phase: "new" },
      nas: establish(1),
      step: { kind: "status", cause: 98 },
    },
    {
      name: "that answers as expected is confirmed with the AUSF",
      state: challenged,
      nas: { type: "AuthenticationResponse", resStar },
      step: { kind: "confirm", resStar },
    },
    {
      name: "that answers otherwise is rejected here",
      state: challenged,
      nas: { type: "AuthenticationResponse", resStar: "23".repeat(16) },
      step: { kind: "reject-authentication", counter: "hresMismatches" },
    },
    {
      name: "that cannot verify the network is rejected",
      state: challenged,
      nas: { type: "AuthenticationFailure", cause: 20 },
      step: { kind: "reject-authentication", counter: "macFailures" },
    },
    {
      name: "that is ahead in sequence numbers is challenged once more",
      state: challenged,
      nas: { type: "AuthenticationFailure", cause: 21, auts },
      step: { kind: "authenticate", resynchronisations: 1, resynchronisation: { rand, auts } },
    },
    {
      name: "that is ahead a second time is rejected",
      state: { phase: "challenged", challenge: { ...challenge, resynchronisations: 1 } },
      nas: { type: "AuthenticationFailure", cause: 21, auts },
      step: { kind: "reject-authentication" },
    },
    { name: "that is registered gets a session", state: registered, nas: establish(2), step: { kind: "establish" } },
    {
      name: "gets no session twice",
      state: registered,
      nas: establish(1),
      step: { kind: "reject-session", cause: 31 },
    },
    {
      name: "releases a session it has",
      state: registered,
      nas: { type: "PDUSessionReleaseRequest", pduSessionId: 1 },
      step: { kind: "release", session: { smContextPath: "/s" } },
    },
    {
      name: "releases no session it has not",
      state: registered,
      nas: { type: "PDUSessionReleaseRequest", pduSessionId: 2 },
      step: { kind: "reject-session", cause: 54, isRelease: true },
    },
    { name: "leaves", state: registered, nas: { type: "DeregistrationRequest" }, step: { kind: "deregister" } },
    {
      name: "that left says nothing more",
      state: { phase: "left" },
      nas: register,
      step: { kind: "status", cause: 98 },
    },
  ];
  test.each(cases)("$name", ({ state, nas, step }) => {
    expect(nextStep(state, nas)).toMatchObject(step);
  });
});

test("sessions come and go without touching the state before", () => {
  const more = withSession(registered, 2, { smContextPath: "/t" });
  expect([...more.sessions.keys()]).toEqual([1, 2]);
  expect([...withSession(more, 1, undefined).sessions.keys()]).toEqual([2]);
  expect([...registered.sessions.keys()]).toEqual([1]);
});

test.each([
  { status: 404, cause: "USER_NOT_FOUND", mm: 3 },
  { status: 400, cause: "MANDATORY_IE_INCORRECT", mm: 3 },
  { status: 403, cause: "SERVING_NETWORK_NOT_AUTHORIZED", mm: 73 },
  { status: 504, cause: "TIMED_OUT_REQUEST", mm: 22 },
  { status: 500, cause: "SYSTEM_FAILURE", mm: 111 },
])("$cause becomes 5GMM cause $mm", ({ status, cause, mm }) => {
  expect(mmCauseOf(status, cause)).toBe(mm);
});
