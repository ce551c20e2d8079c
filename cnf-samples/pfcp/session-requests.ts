/** The session requests an SMF makes of a UPF: one rule up, one rule down (TS 29.244 clause 7.5). */
import { type FSeid, fSeid, fTeid, nodeId, outerHeaderCreation, type Tunnel, ueIpAddress } from "./addresses.ts";
import { type Element, element, elementTypes, grouped, uint8, uint16, uint32 } from "./information-element.ts";

export interface SessionRequest {
  readonly node: string;
  readonly cp: FSeid;
  readonly ueAddress: string;
  readonly dnn: string;
}

const uplinkId = 1;
const downlinkId = 2;
const access = 0;
const core = 1;
const forward = 0x02;
const buffer = 0x04;
const precedence = 255;
/** GTP-U/UDP/IPv4 is taken off (clause 8.2.64). */
const removeGtpuIpv4 = 0;

/** Uplink forwards to the data network from a tunnel the UPF chooses; downlink is buffered until the gNB's is known. */
export function establishmentElements({ node, cp, ueAddress, dnn }: SessionRequest): readonly Element[] {
  return [
    nodeId(node),
    fSeid(cp),
    pdr(
      uplinkId,
      [source(access), fTeid("choose"), network(dnn), ueIpAddress(ueAddress, false)],
      [uint8(elementTypes.outerHeaderRemoval, removeGtpuIpv4)],
    ),
    pdr(downlinkId, [source(core), network(dnn), ueIpAddress(ueAddress, true)], []),
    grouped(elementTypes.createFar, [
      uint32(elementTypes.farId, uplinkId),
      uint8(elementTypes.applyAction, forward),
      grouped(elementTypes.forwardingParameters, [uint8(elementTypes.destinationInterface, core), network(dnn)]),
    ]),
    grouped(elementTypes.createFar, [uint32(elementTypes.farId, downlinkId), uint8(elementTypes.applyAction, buffer)]),
  ];
}

/** Downlink goes into the gNB's tunnel from now on. */
export function activationElements(downlink: Tunnel): readonly Element[] {
  const parameters = [uint8(elementTypes.destinationInterface, access), outerHeaderCreation(downlink)];
  const far = [
    uint32(elementTypes.farId, downlinkId),
    uint8(elementTypes.applyAction, forward),
    grouped(elementTypes.updateForwardingParameters, parameters),
  ];
  return [grouped(elementTypes.updateFar, far)];
}

function pdr(id: number, detection: readonly Element[], others: readonly Element[]): Element {
  return grouped(elementTypes.createPdr, [
    uint16(elementTypes.pdrId, id),
    uint32(elementTypes.precedence, precedence),
    grouped(elementTypes.pdi, detection),
    ...others,
    uint32(elementTypes.farId, id),
  ]);
}

function source(sourceInterface: number): Element {
  return uint8(elementTypes.sourceInterface, sourceInterface);
}

function network(dnn: string): Element {
  return element(elementTypes.networkInstance, Buffer.from(dnn, "latin1"));
}
