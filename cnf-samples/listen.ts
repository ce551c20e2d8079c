/** Listening and stopping, the same for every kind of stream server. */
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { addressText, type Endpoint } from "./config-fields.ts";

/** Listens and answers `host:port` as bound. Throws `listen-failed`. */
export async function listen(server: Server, endpoint: Endpoint): Promise<string> {
  try {
    server.listen({ ...endpoint, exclusive: true });
    await once(server, "listening");
  } catch (cause) {
    throw new WeftError("listen-failed", `${addressText(endpoint)}: ${messageOf(cause)}`, { cause });
  }
  const { address, port } = server.address() as AddressInfo;
  return addressText({ host: address, port });
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
