/** What the UPF keeps and decides on N4: associations, sessions, tunnels (TS 29.244 clauses 5.2 and 7.4 to 7.6). */
import type { FSeid, Tunnel } from "../pfcp/addresses.ts";
import { fSeid, fTeid, nodeId, readFSeid, readNodeId } from "../pfcp/addresses.ts";
import {
  type Element,
  elementTypes,
  findElement,
  grouped,
  readUint,
  uint8,
  uint16,
  uint32,
} from "../pfcp/information-element.ts";
import type { PfcpReply } from "../pfcp/pfcp-endpoint.ts";
import { causes, messageTypes, type PfcpMessage } from "../pfcp/pfcp-message.ts";
import { readDownlinkUpdate, readSessionRules } from "./session-rules.ts";

export interface UpfLimits {
  readonly sessionsMax: number;
  readonly associationsMax: number;
}

export interface UpfSession {
  readonly upSeid: bigint;
  readonly cp: FSeid;
  /** The control plane node that made it. */
  readonly node: string;
  /** Where the gNB sends to. */
  readonly uplink: Tunnel;
  readonly downlinkFarId: number;
  /** Where the gNB listens; undefined while the rule says to buffer. */
  readonly downlink: Tunnel | undefined;
}

export type SessionEvent = { readonly kind: "created" | "changed" | "deleted"; readonly session: UpfSession };

export interface N4Outcome {
  readonly reply: PfcpReply;
  readonly events: readonly SessionEvent[];
}

export class UpfState {
  readonly #limits: UpfLimits;
  readonly #address: string;
  readonly #recoveryTimeStamp: number;
  readonly #nodes = new Map<string, number>();
  readonly #byUpSeid = new Map<bigint, UpfSession>();
  readonly #byTeid = new Map<number, UpfSession>();
  #nextTeid: number;
  #nextSeid = 1n;

  /** `teidStart`: where tunnel identifiers begin; random, so that a restarted UPF does not serve its past self's tunnels. */
  constructor(limits: UpfLimits, address: string, recoveryTimeStamp: number, teidStart: number) {
    this.#limits = limits;
    this.#address = address;
    this.#recoveryTimeStamp = recoveryTimeStamp;
    this.#nextTeid = teidStart >>> 0;
  }

  get sessionCount(): number {
    return this.#byUpSeid.size;
  }

  sessionOfTeid(teid: number): UpfSession | undefined {
    return this.#byTeid.get(teid);
  }

  /** Undefined for requests this function has no answer to. */
  answer(message: PfcpMessage): N4Outcome | undefined {
    switch (message.type) {
      case messageTypes.heartbeatRequest:
        return plain({ type: messageTypes.heartbeatResponse, elements: [this.#recovery()] });
      case messageTypes.associationSetupRequest:
        return this.#associate(message);
      case messageTypes.associationReleaseRequest:
        return this.#dissociate(message);
      case messageTypes.sessionEstablishmentRequest:
        return this.#establish(message);
      case messageTypes.sessionModificationRequest:
        return this.#modify(message);
      case messageTypes.sessionDeletionRequest:
        return this.#delete(message);
      default:
        return undefined;
    }
  }

  /** A node that comes back with another recovery time stamp has lost its sessions, so they go here too. */
  #associate({ elements }: PfcpMessage): N4Outcome {
    const node = readNode(elements);
    const recovery = readUint(elements, elementTypes.recoveryTimeStamp, 4);
    const type = messageTypes.associationSetupResponse;
    if (node === undefined) return this.#refuseNode(type, causes.mandatoryIeMissing, elementTypes.nodeId);
    if (recovery === undefined) {
      return this.#refuseNode(type, causes.mandatoryIeMissing, elementTypes.recoveryTimeStamp);
    }
    const before = this.#nodes.get(node);
    if (before === undefined && this.#nodes.size >= this.#limits.associationsMax) {
      return this.#refuseNode(type, causes.noResources);
    }
    const lost = before !== undefined && before !== recovery ? this.#sessionsOf(node) : [];
    this.#nodes.set(node, recovery);
    const accepted = [nodeId(this.#address), uint8(elementTypes.cause, causes.accepted), this.#recovery()];
    return { reply: { type, elements: accepted }, events: lost.map((session) => this.#remove(session)) };
  }

  #dissociate({ elements }: PfcpMessage): N4Outcome {
    const node = readNode(elements);
    const type = messageTypes.associationReleaseResponse;
    if (node === undefined) return this.#refuseNode(type, causes.mandatoryIeMissing, elementTypes.nodeId);
    if (!this.#nodes.delete(node)) return this.#refuseNode(type, causes.noAssociation);
    const reply = { type, elements: [nodeId(this.#address), uint8(elementTypes.cause, causes.accepted)] };
    return { reply, events: this.#sessionsOf(node).map((session) => this.#remove(session)) };
  }

  #establish({ elements }: PfcpMessage): N4Outcome {
    const type = messageTypes.sessionEstablishmentResponse;
    const node = readNode(elements);
    const cpValue = findElement(elements, elementTypes.fSeid);
    const cp = cpValue && readFSeid(cpValue);
    const refuse = (cause: number, offending?: number): N4Outcome =>
      this.#refuseNode(type, cause, offending, cp?.seid ?? 0n);
    if (node === undefined) return refuse(causes.mandatoryIeMissing, elementTypes.nodeId);
    if (!cp) return refuse(cpValue ? causes.mandatoryIeIncorrect : causes.mandatoryIeMissing, elementTypes.fSeid);
    if (!this.#nodes.has(node)) return refuse(causes.noAssociation);
    const rules = readSessionRules(elements);
    if (rules.kind === "faulty") return refuse(rules.cause, rules.offending);
    if (this.#byUpSeid.size >= this.#limits.sessionsMax) return refuse(causes.noResources);
    const uplink = { address: this.#address, teid: this.#freeTeid() };
    const { downlinkFarId, downlink } = rules;
    const session: UpfSession = { upSeid: this.#nextSeid++, cp, node, uplink, downlinkFarId, downlink };
    this.#keep(session);
    const created = grouped(elementTypes.createdPdr, [uint16(elementTypes.pdrId, rules.uplinkPdrId), fTeid(uplink)]);
    const up = fSeid({ seid: session.upSeid, address: this.#address });
    const accepted = [nodeId(this.#address), uint8(elementTypes.cause, causes.accepted), up, created];
    return { reply: { type, seid: cp.seid, elements: accepted }, events: [{ kind: "created", session }] };
  }

  #modify({ seid, elements }: PfcpMessage): N4Outcome {
    const type = messageTypes.sessionModificationResponse;
    const session = this.#byUpSeid.get(seid ?? 0n);
    if (!session) return refuseSession(type, 0n, causes.sessionNotFound);
    const update = readDownlinkUpdate(elements, session.downlinkFarId);
    if (update.kind === "faulty") return refuseSession(type, session.cp.seid, update.cause, update.offending);
    const changed = { ...session, downlink: update.downlink };
    this.#keep(changed);
    const reply = { type, seid: session.cp.seid, elements: [uint8(elementTypes.cause, causes.accepted)] };
    return { reply, events: [{ kind: "changed", session: changed }] };
  }

  #delete({ seid }: PfcpMessage): N4Outcome {
    const type = messageTypes.sessionDeletionResponse;
    const session = this.#byUpSeid.get(seid ?? 0n);
    if (!session) return refuseSession(type, 0n, causes.sessionNotFound);
    const reply = { type, seid: session.cp.seid, elements: [uint8(elementTypes.cause, causes.accepted)] };
    return { reply, events: [this.#remove(session)] };
  }

  #refuseNode(type: number, cause: number, offending?: number, seid?: bigint): N4Outcome {
    const elements = [nodeId(this.#address), ...refusal(cause, offending)];
    return plain({ type, elements, ...(seid !== undefined && { seid }) });
  }

  #recovery(): Element {
    return uint32(elementTypes.recoveryTimeStamp, this.#recoveryTimeStamp);
  }

  #sessionsOf(node: string): readonly UpfSession[] {
    return [...this.#byUpSeid.values()].filter((session) => session.node === node);
  }

  #keep(session: UpfSession): void {
    this.#byUpSeid.set(session.upSeid, session);
    this.#byTeid.set(session.uplink.teid, session);
  }

  #remove(session: UpfSession): SessionEvent {
    this.#byUpSeid.delete(session.upSeid);
    this.#byTeid.delete(session.uplink.teid);
    return { kind: "deleted", session };
  }

  /** Sessions are fewer than identifiers by far, so the search ends soon. */
  #freeTeid(): number {
    do this.#nextTeid = (this.#nextTeid + 1) >>> 0;
    while (this.#nextTeid === 0 || this.#byTeid.has(this.#nextTeid));
    return this.#nextTeid;
  }
}

function readNode(elements: readonly Element[]): string | undefined {
  const value = findElement(elements, elementTypes.nodeId);
  return value && readNodeId(value);
}

function refusal(cause: number, offending?: number): readonly Element[] {
  const named = offending === undefined ? [] : [uint16(elementTypes.offendingIe, offending)];
  return [uint8(elementTypes.cause, cause), ...named];
}

function refuseSession(type: number, seid: bigint, cause: number, offending?: number): N4Outcome {
  return plain({ type, seid, elements: refusal(cause, offending) });
}

function plain(reply: PfcpReply): N4Outcome {
  return { reply, events: [] };
}
