/** What a function that re-classifies puts before the bytes that it gives back: a PROXY protocol v2 header with the path to go on along. */
import { type FlowHeader, servicePathType } from "./proxy-header.ts";

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const proxyCommand = 0x21;
const tcp4 = 0x11;
/** The forwarder knows the flow's addresses. */
const noAddresses = Buffer.alloc(12);
const serviceIndexOffset = 7;

/** On along the path of `chain` where that is offered, else along the flow's own: its service index counted down (RFC 8300, section 2.3). */
export function pathAnswer({ servicePath, offers }: FlowHeader, chain: string | undefined): Buffer {
  const offered = chain === undefined ? undefined : offers?.get(chain);
  const path = offered ?? countedDown(servicePath ?? Buffer.alloc(8));
  const field = Buffer.concat([Buffer.of(servicePathType, 0, path.length), path]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(noAddresses.length + field.length);
  return Buffer.concat([signature, Buffer.of(proxyCommand, tcp4), length, noAddresses, field]);
}

function countedDown(path: Buffer): Buffer {
  const onward = Buffer.from(path);
  onward.writeUInt8(Math.max(0, onward.readUInt8(serviceIndexOffset) - 1), serviceIndexOffset);
  return onward;
}
