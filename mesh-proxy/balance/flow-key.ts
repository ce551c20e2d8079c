/** What stays the same for all bytes of one flow on one path, as 64 hashed bits. */
import { hashText } from "./hash.ts";

export interface FlowKey {
  /** Two 32-bit halves. */
  readonly high: number;
  readonly low: number;
}

const SEED_HIGH = 0x5bd1e995;
const SEED_LOW = 0x1b873593;

/** Of everything that comes from one address. */
export function clientKeyOf(address: string): FlowKey {
  return { high: hashText(address, SEED_HIGH), low: hashText(address, SEED_LOW) };
}

/** `source` is the client as first seen; every forwarder along the path hashes the same. */
export function flowKeyOf(spi: number, source: { readonly address: string; readonly port: number }): FlowKey {
  const text = `${spi} ${source.address} ${source.port}`;
  return { high: hashText(text, SEED_HIGH), low: hashText(text, SEED_LOW) };
}
