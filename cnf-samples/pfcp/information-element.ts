/** PFCP information elements: type, length, value (TS 29.244 clause 8.1.1), and the values used here. */
import { Buffer } from "node:buffer";

/** Types of TS 29.244 table 8.1.2-1. */
export const elementTypes = {
  createPdr: 1,
  pdi: 2,
  createFar: 3,
  forwardingParameters: 4,
  createdPdr: 8,
  updateFar: 10,
  updateForwardingParameters: 11,
  cause: 19,
  sourceInterface: 20,
  fTeid: 21,
  networkInstance: 22,
  precedence: 29,
  offendingIe: 40,
  destinationInterface: 42,
  applyAction: 44,
  pdrId: 56,
  fSeid: 57,
  nodeId: 60,
  outerHeaderCreation: 84,
  ueIpAddress: 93,
  outerHeaderRemoval: 95,
  recoveryTimeStamp: 96,
  farId: 108,
} as const;

export interface Element {
  readonly type: number;
  readonly value: Buffer;
}

const headerLength = 4;
const elementsMax = 64;

/** The elements of a message or of a grouped element; undefined when a length runs over the end or there are too many. */
export function readElements(bytes: Buffer): readonly Element[] | undefined {
  const elements: Element[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes.length - offset < headerLength || elements.length === elementsMax) return undefined;
    const type = bytes.readUInt16BE(offset);
    const end = offset + headerLength + bytes.readUInt16BE(offset + 2);
    if (end > bytes.length) return undefined;
    elements.push({ type, value: bytes.subarray(offset + headerLength, end) });
    offset = end;
  }
  return elements;
}

export function writeElements(elements: readonly Element[]): Buffer {
  return Buffer.concat(
    elements.flatMap(({ type, value }) => {
      const header = Buffer.alloc(headerLength);
      header.writeUInt16BE(type, 0);
      header.writeUInt16BE(value.length, 2);
      return [header, value];
    }),
  );
}

export function element(type: number, value: Buffer): Element {
  return { type, value };
}

export function grouped(type: number, elements: readonly Element[]): Element {
  return { type, value: writeElements(elements) };
}

export function uint8(type: number, value: number): Element {
  return { type, value: Buffer.of(value) };
}

export function uint16(type: number, value: number): Element {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return { type, value: bytes };
}

export function uint32(type: number, value: number): Element {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return { type, value: bytes };
}

export function findElement(elements: readonly Element[], type: number): Buffer | undefined {
  return elements.find((candidate) => candidate.type === type)?.value;
}

/** An unsigned integer element of exactly `length` bytes. */
export function readUint(elements: readonly Element[], type: number, length: number): number | undefined {
  const value = findElement(elements, type);
  return value?.length === length ? value.readUIntBE(0, length) : undefined;
}
