import { describe, expect, test } from "vitest";
import { fSeid, nodeId, readFSeid, readFTeid } from "../pfcp/addresses.ts";
import {
  type Element,
  elementTypes,
  findElement,
  readElements,
  readUint,
  uint32,
} from "../pfcp/information-element.ts";
import { causes, messageTypes, type PfcpMessage } from "../pfcp/pfcp-message.ts";
import { activationElements, establishmentElements } from "../pfcp/session-requests.ts";
import { type N4Outcome, UpfState } from "./rules.ts";

const node = "127.0.0.5";
const cp = { seid: 77n, address: node };
const session = establishmentElements({ node, cp, ueAddress: "10.60.0.1", dnn: "internet" });
const gnbTunnel = { address: "127.0.0.8", teid: 9 };

const message = (type: number, elements: readonly Element[], seid?: bigint): PfcpMessage => ({
  type,
  sequence: 1,
  elements,
  ...(seid !== undefined && { seid }),
});
const setup = (recovery = 1) =>
  message(messageTypes.associationSetupRequest, [nodeId(node), uint32(elementTypes.recoveryTimeStamp, recovery)]);
const establish = (elements = session) => message(messageTypes.sessionEstablishmentRequest, elements, 0n);

function newState(sessionsMax = 10): UpfState {
  return new UpfState({ sessionsMax, associationsMax: 2 }, "127.0.0.9", 5, 0xffffffff);
}

function answered(state: UpfState, request: PfcpMessage): N4Outcome {
  const outcome = state.answer(request);
  if (!outcome) throw new Error(`no answer to ${request.type}`);
  return outcome;
}

function causeIn({ reply }: N4Outcome): number | undefined {
  return readUint(reply.elements, elementTypes.cause, 1);
}

describe("a session", () => {
  test("gets a tunnel of its own, skipping zero, and an SEID", () => {
    const state = newState();
    answered(state, setup());
    const { reply, events } = answered(state, establish());
    expect(reply).toMatchObject({ type: messageTypes.sessionEstablishmentResponse, seid: 77n });
    const [created] = events;
    expect(created).toMatchObject({ kind: "created", session: { uplink: { address: "127.0.0.9", teid: 1 }, cp } });
    const pdr = readElements(findElement(reply.elements, elementTypes.createdPdr) ?? Buffer.alloc(0)) ?? [];
    expect(readFTeid(findElement(pdr, elementTypes.fTeid) ?? Buffer.alloc(0))).toEqual({
      address: "127.0.0.9",
      teid: 1,
    });
    const up = readFSeid(findElement(reply.elements, elementTypes.fSeid) ?? Buffer.alloc(0));
    expect(up).toEqual({ address: "127.0.0.9", seid: created?.session.upSeid });
  });

  test("buffers downlink until its rule names the gNB's tunnel", () => {
    const state = newState();
    answered(state, setup());
    const [created] = answered(state, establish()).events;
    expect(created?.session.downlink).toBeUndefined();
    const modify = message(
      messageTypes.sessionModificationRequest,
      activationElements(gnbTunnel),
      created?.session.upSeid,
    );
    expect(answered(state, modify).events).toMatchObject([{ kind: "changed", session: { downlink: gnbTunnel } }]);
    expect(state.sessionOfTeid(1)?.downlink).toEqual(gnbTunnel);
  });

  test("is gone after its deletion", () => {
    const state = newState();
    answered(state, setup());
    const [created] = answered(state, establish()).events;
    const remove = message(messageTypes.sessionDeletionRequest, [], created?.session.upSeid);
    expect(answered(state, remove).events).toMatchObject([{ kind: "deleted" }]);
    expect(causeIn(answered(state, remove))).toBe(causes.sessionNotFound);
    expect([state.sessionCount, state.sessionOfTeid(1)]).toEqual([0, undefined]);
  });

  const refused = [
    { name: "without an association", prepare: () => newState(), elements: session, cause: causes.noAssociation },
    { name: "beyond the limit", prepare: () => associated(newState(0)), elements: session, cause: causes.noResources },
    {
      name: "without an F-SEID",
      prepare: () => associated(newState()),
      elements: session.filter(({ type }) => type !== elementTypes.fSeid),
      cause: causes.mandatoryIeMissing,
      offending: elementTypes.fSeid,
    },
    {
      name: "with an F-SEID too short",
      prepare: () => associated(newState()),
      elements: [nodeId(node), { ...fSeid(cp), value: Buffer.of(2) }],
      cause: causes.mandatoryIeIncorrect,
      offending: elementTypes.fSeid,
    },
    {
      name: "without rules",
      prepare: () => associated(newState()),
      elements: session.filter(({ type }) => type !== elementTypes.createPdr),
      cause: causes.mandatoryIeMissing,
      offending: elementTypes.createPdr,
    },
    {
      name: "whose rules name no action",
      prepare: () => associated(newState()),
      elements: session.filter(({ type }) => type !== elementTypes.createFar),
      cause: causes.mandatoryIeMissing,
      offending: elementTypes.createFar,
    },
  ];
  test.each(refused)(
    "$name is refused with the cause, and the element it is about",
    ({ prepare, elements, cause, offending }) => {
      const outcome = answered(prepare(), establish(elements));
      expect(causeIn(outcome)).toBe(cause);
      expect(readUint(outcome.reply.elements, elementTypes.offendingIe, 2)).toBe(offending);
      expect(outcome.events).toEqual([]);
    },
  );
});

describe("an association", () => {
  test("set up again by the same node keeps its sessions", () => {
    const state = associated(newState());
    answered(state, establish());
    expect(answered(state, setup(1)).events).toEqual([]);
    expect(state.sessionCount).toBe(1);
  });

  test("of a restarted node takes its sessions away", () => {
    const state = associated(newState());
    answered(state, establish());
    expect(answered(state, setup(2)).events).toMatchObject([{ kind: "deleted" }]);
  });

  test("beyond the limit is refused", () => {
    const state = newState();
    const of = (address: string) =>
      message(messageTypes.associationSetupRequest, [nodeId(address), uint32(elementTypes.recoveryTimeStamp, 1)]);
    const found = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((address) => causeIn(answered(state, of(address))));
    expect(found).toEqual([causes.accepted, causes.accepted, causes.noResources]);
  });
});

test("a heartbeat is answered with the time this UPF started", () => {
  const { reply } = answered(newState(), message(messageTypes.heartbeatRequest, []));
  expect(readUint(reply.elements, elementTypes.recoveryTimeStamp, 4)).toBe(5);
});

function associated(state: UpfState): UpfState {
  answered(state, setup());
  return state;
}
