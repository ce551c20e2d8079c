import { canonicalIpAddress, parseIpAddress } from "../../core/model/ip-address.ts";

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** As proxies write it, so that it can be compared with what they say. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  const canonical = canonicalIpAddress(address);
  return canonical.includes(":") ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/** `10.0.0.5:40000` or `[fd00::5]:40000`; undefined for anything else. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const [, v6, v4, portText = ""] = match ?? [];
  const address = v6 ?? v4 ?? "";
  const port = Number(portText);
  const isSound = match !== null && port <= 65_535 && parseIpAddress(address) !== undefined;
  return isSound && address.includes(":") === (v6 !== undefined) ? { address, port } : undefined;
}
