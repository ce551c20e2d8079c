/** Reads what `weft intercept` is told of ports, blocks and user ids; every answer is a value or the reason why it is none. */

import { type Cidr, parseCidr } from "../../core/model/cidr.ts";
import { parseIpAddress } from "../../core/model/ip-address.ts";
import { shortened } from "../../core/model/shortened.ts";
import type { PortRange } from "./nft-ruleset.ts";

export type Read<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "wrong"; readonly reason: string };

/** What one option may list. */
export const listMax = 256;
const PORT_MAX = 65_535;
/** The kernel keeps -1 for none. */
const ID_MAX = 4_294_967_294;

/** `8080` or `8000-8100`, separated by commas. */
export function readPorts(text: string): Read<readonly PortRange[]> {
  return readList(text, (item) => {
    const [first, last = first, more] = item.split("-", 3).map((part) => readWhole(part, 1, PORT_MAX));
    if (first === undefined || last === undefined || more !== undefined || first > last)
      return `"${item}" is no port within 1 to ${PORT_MAX}, nor a range of them such as 8000-8100`;
    return { first, last };
  });
}

/** `10.0.0.0/8` or `fd00::/8`, separated by commas; an address alone is a block of one. */
export function readCidrs(text: string): Read<readonly Cidr[]> {
  return readList(text, (item) => {
    const address = parseIpAddress(item);
    return (
      (address === undefined ? parseCidr(item) : { bytes: address, prefixLength: 8 * address.length }) ??
      `"${item}" is no block of IP addresses such as 10.0.0.0/8`
    );
  });
}

export function readIds(text: string): Read<readonly number[]> {
  return readList(text, (item) => readWhole(item, 0, ID_MAX) ?? `"${item}" is no numeric id`);
}

/** Datagrams for a host by name or address, and which listener takes them. */
export interface DatagramOrder {
  readonly host: string;
  readonly port: number;
  readonly toPort: number;
}

const HOST_LENGTH_MAX = 253;

/** `upf:2152=15012`, `10.96.0.7:2152=15012` or `[fd00::7]:2152=15012`. */
export function readDatagrams(text: string): Read<DatagramOrder> {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([a-zA-Z0-9][-a-zA-Z0-9.]*)):(\d{1,5})=(\d{1,5})$/.exec(
    text.slice(0, 400),
  );
  const host = match?.[1] ?? match?.[2] ?? "";
  const [port, toPort] = [readWhole(match?.[3] ?? "", 1, PORT_MAX), readWhole(match?.[4] ?? "", 1, PORT_MAX)];
  const isAddress = match?.[1] !== undefined || /^[0-9.]*$/.test(host);
  const isHost = isAddress ? parseIpAddress(host) !== undefined : host.length <= HOST_LENGTH_MAX;
  return !isHost || port === undefined || toPort === undefined
    ? { kind: "wrong", reason: `"${shortened(text)}" is not host:port=listenPort, such as upf.core:2152=15012` }
    : { kind: "read", value: { host, port, toPort } };
}

export function readPort(text: string): Read<number> {
  const value = readWhole(text, 1, PORT_MAX);
  return value === undefined
    ? { kind: "wrong", reason: `"${shortened(text)}" is no port within 1 to ${PORT_MAX}` }
    : { kind: "read", value };
}

function readList<T extends object | number>(text: string, readItem: (item: string) => T | string): Read<readonly T[]> {
  const items = text.split(",", listMax + 1).map((item) => item.trim());
  if (items.length > listMax) return { kind: "wrong", reason: `lists more than ${listMax}` };
  const values: T[] = [];
  for (const item of items.filter((one) => one !== "")) {
    const value = readItem(shortened(item));
    if (typeof value === "string") return { kind: "wrong", reason: value };
    values.push(value);
  }
  return { kind: "read", value: values };
}

function readWhole(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : undefined;
}
