/** Configuration fields that several samples share. */
import { z } from "zod";

export const hostField = z
  .string()
  .min(1)
  .default("127.0.0.1")
  .describe("Address to listen on and to send from; one per function");

/** For functions whose address travels inside a protocol. */
export const ipv4HostField = z
  .ipv4()
  .default("127.0.0.1")
  .describe("IPv4 address to listen on and to send from; one per function");

export const portField = (port: number) =>
  z.int().min(0).max(65_535).default(port).describe("Port to listen on; 0 takes a free one");

/** `http://host:port` or `tcp://host:port`; nothing after the port. */
export const upstreamUrl = z.string().refine(isUpstreamUrl, "must be http://host:port or tcp://host:port");

/** `host` or `host:port`, for peers over UDP. */
export const peerAddress = z.string().regex(/^[^\s:/]+(:\d{1,5})?$/, "must be host or host:port");

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export function endpointOf(url: string): Endpoint {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || 80 };
}

export function peerEndpoint(address: string, portDefault: number): Endpoint {
  const [host = "", port] = address.split(":");
  return { host, port: port === undefined ? portDefault : Number(port) };
}

export function addressText({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function isUpstreamUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port, pathname, search, hash } = new URL(text);
  // A URL drops port 80 of http as the default, so it must be read from the text.
  const hasPort = port !== "" || /:80\/?$/.test(text);
  return ["http:", "tcp:"].includes(protocol) && hostname !== "" && hasPort && pathname.length < 2 && !search && !hash;
}
