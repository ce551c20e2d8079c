/** What the kernel says of TCP connections, by iproute2's `ss`: a judge that knows nothing of proxies. */
import { execFileSync } from "node:child_process";

export interface KernelSocket {
  /** `address:port`. */
  readonly local: string;
  readonly peer: string;
  /** Taken from the network in order, bytes. */
  readonly receivedBytes: number;
  /** Confirmed by the other side, bytes. */
  readonly ackedBytes: number;
  /** Not yet read, and not yet confirmed. */
  readonly waitingBytes: number;
}

/** Undefined where it can be asked. */
export function whyNoKernelSockets(): string | undefined {
  try {
    return ss().includes("bytes_") || ss() === "" ? undefined : "ss does not count bytes here";
  } catch {
    return "iproute2's ss is not there";
  }
}

/** Connections that are established, both ends of those within the machine. */
export function kernelSockets(): readonly KernelSocket[] {
  return ss()
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [receiveQueue = "", sendQueue = "", local = "", peer = ""] = line.trim().split(/\s+/);
      const field = (name: string) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
      return {
        local: plain(local),
        peer: plain(peer),
        receivedBytes: field("bytes_received"),
        // The opening counts as one (RFC 9293, section 3.4), at both ends.
        ackedBytes: Math.max(0, field("bytes_acked") - (field("bytes_acked") > 0 ? 1 : 0)),
        waitingBytes: Number(receiveQueue) + Number(sendQueue),
      };
    });
}

function ss(): string {
  return execFileSync("ss", ["-tinHO", "state", "established"], { encoding: "utf8" });
}

function plain(address: string): string {
  return address.replace(/^\[::ffff:([\d.]+)\]/, "$1");
}
