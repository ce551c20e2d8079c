/** Reads the packet detection and forwarding action rules of a session: one rule up, one down. */
import { readFTeid, readOuterHeaderCreation, type Tunnel } from "../pfcp/addresses.ts";
import { type Element, elementTypes, findElement, readElements, readUint } from "../pfcp/information-element.ts";
import { causes } from "../pfcp/pfcp-message.ts";

export interface Faulty {
  readonly kind: "faulty";
  /** PFCP cause, and the element it is about. */
  readonly cause: number;
  readonly offending: number;
}

export interface SessionRules {
  readonly kind: "rules";
  readonly uplinkPdrId: number;
  readonly downlinkFarId: number;
  readonly downlink: Tunnel | undefined;
}

export interface DownlinkUpdate {
  readonly kind: "update";
  readonly downlink: Tunnel | undefined;
}

/** Interfaces of TS 29.244 clause 8.2.2 and 8.2.24, and the FORW bit of Apply Action (clause 8.2.26). */
const access = 0;
const core = 1;
const forwardBit = 0x02;

interface Pdr {
  readonly pdrId: number;
  readonly farId: number;
  readonly sourceInterface: number;
  readonly choosesTunnel: boolean;
}

/** The rules of a session establishment request. */
export function readSessionRules(elements: readonly Element[]): SessionRules | Faulty {
  const pdrs = groupsOf(elements, elementTypes.createPdr).map(readPdr);
  const fars = groupsOf(elements, elementTypes.createFar);
  const faulty = pdrs.find((pdr) => pdr.kind === "faulty");
  if (faulty) return faulty;
  const read = pdrs.filter((pdr) => pdr.kind === "pdr");
  const up = read.find((pdr) => pdr.sourceInterface === access);
  const down = read.find((pdr) => pdr.sourceInterface === core);
  if (!up || !down) return missing(elementTypes.createPdr);
  if (!up.choosesTunnel) return incorrect(elementTypes.fTeid);
  const upFar = farOf(fars, up.farId);
  const downFar = farOf(fars, down.farId);
  if (!upFar || !downFar) return missing(elementTypes.createFar);
  if (!forwards(upFar)) return incorrect(elementTypes.applyAction);
  const tunnel = readTunnel(downFar, elementTypes.forwardingParameters);
  if (tunnel.kind === "faulty") return tunnel;
  return { kind: "rules", uplinkPdrId: up.pdrId, downlinkFarId: down.farId, downlink: tunnel.downlink };
}

/** The change that a session modification request makes to where the session's downlink goes. */
export function readDownlinkUpdate(elements: readonly Element[], downlinkFarId: number): DownlinkUpdate | Faulty {
  const far = farOf(groupsOf(elements, elementTypes.updateFar), downlinkFarId);
  if (!far) return missing(elementTypes.updateFar);
  return readTunnel(far, elementTypes.updateForwardingParameters);
}

function readPdr(elements: readonly Element[]): (Pdr & { readonly kind: "pdr" }) | Faulty {
  const pdrId = readUint(elements, elementTypes.pdrId, 2);
  const farId = readUint(elements, elementTypes.farId, 4);
  const [pdi] = groupsOf(elements, elementTypes.pdi);
  if (pdrId === undefined) return missing(elementTypes.pdrId);
  if (farId === undefined) return missing(elementTypes.farId);
  const sourceInterface = pdi && readUint(pdi, elementTypes.sourceInterface, 1);
  if (!pdi || sourceInterface === undefined) return missing(elementTypes.pdi);
  const fTeid = findElement(pdi, elementTypes.fTeid);
  const choosesTunnel = fTeid !== undefined && readFTeid(fTeid) === "choose";
  return { kind: "pdr", pdrId, farId, sourceInterface, choosesTunnel };
}

function readTunnel(far: readonly Element[], parametersType: number): DownlinkUpdate | Faulty {
  if (!forwards(far)) return { kind: "update", downlink: undefined };
  const [parameters] = groupsOf(far, parametersType);
  const creation = parameters && findElement(parameters, elementTypes.outerHeaderCreation);
  if (!creation) return missing(elementTypes.outerHeaderCreation);
  const downlink = readOuterHeaderCreation(creation);
  return downlink ? { kind: "update", downlink } : incorrect(elementTypes.outerHeaderCreation);
}

function forwards(far: readonly Element[]): boolean {
  const action = findElement(far, elementTypes.applyAction)?.[0] ?? 0;
  return (action & forwardBit) !== 0;
}

function farOf(fars: readonly (readonly Element[])[], farId: number): readonly Element[] | undefined {
  return fars.find((far) => readUint(far, elementTypes.farId, 4) === farId);
}

/** Members of every group of a type; a group that cannot be read has none, and what it lacks is then reported. */
function groupsOf(elements: readonly Element[], type: number): readonly (readonly Element[])[] {
  return elements.filter((candidate) => candidate.type === type).map(({ value }) => readElements(value) ?? []);
}

function missing(offending: number): Faulty {
  return { kind: "faulty", cause: causes.mandatoryIeMissing, offending };
}

function incorrect(offending: number): Faulty {
  return { kind: "faulty", cause: causes.mandatoryIeIncorrect, offending };
}
