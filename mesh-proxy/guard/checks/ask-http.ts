import { Buffer } from "node:buffer";
import type { Asking } from "./check-endpoint.ts";

/** `HTTP/1.1 200 ` */
const STATUS_BYTES = 13;

/** Sends a GET, and reads the status of what comes back (RFC 9112, section 4). */
export function askHttp({ socket, check, authority, answer }: Asking): void {
  const { path, expectedStatuses } = check;
  const [first, last] = expectedStatuses;
  let start = "";
  socket.onBytes = (bytes, from, to) => {
    start += bytes.toString("latin1", from, Math.min(to, from + STATUS_BYTES));
    if (start.length < STATUS_BYTES) return true;
    const status = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(start)?.[1];
    if (status === undefined) answer("answers out of protocol");
    else if (Number(status) >= first && Number(status) <= last) answer();
    else answer(`answers ${status}`);
    return true;
  };
  const lines = [`GET ${path} HTTP/1.1`, `host: ${authority}`, "user-agent: weft-health-check", "connection: close"];
  socket.writeAll([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`)]);
}
