/** Reads the PROXY header that every connection to the mesh port begins with, and what a function that re-classifies gives back. */
import { Buffer } from "node:buffer";
import type { Clock } from "../../core/ports/clock.ts";
import { readProxyHeader, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { SteeringTlvs } from "../codec/steering-tlvs.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

export interface Preface {
  readonly source: SocketEndpoint;
  readonly destination: SocketEndpoint;
  readonly tlvs: SteeringTlvs;
  /** What the same read brought besides; it stays valid until the socket is resumed. */
  readonly rest: { readonly bytes: Buffer; readonly from: number; readonly to: number };
}

export type PrefaceResult =
  | ({ readonly kind: "preface" } & Preface)
  /** The other side only asks whether this one is there. */
  | { readonly kind: "knock" }
  | {
      readonly kind: "refused";
      readonly by: RefusalReason;
      readonly reason: string;
      /** What came instead, of `not_proxy_protocol`; as valid as `rest`. */
      readonly instead?: Preface["rest"] | undefined;
    };

/**
 * Answers once. The socket is not read on when it does.
 * @param timeoutMs no limit unless given
 */
export function readPreface(socket: ByteSocket, clock: Clock, timeoutMs?: number): Promise<PrefaceResult> {
  let before = Buffer.alloc(0);
  return new Promise((resolve) => {
    const answer = (result: PrefaceResult) => {
      cancel();
      socket.onEnd = () => {};
      socket.onBytes = () => false;
      resolve(result);
    };
    const expire = () => answer(refused("preface_timeout", `no PROXY header within ${timeoutMs} ms`));
    const cancel = timeoutMs === undefined ? () => {} : clock.after(timeoutMs, expire);
    const { onClosed } = socket;
    socket.onClosed = (error) => {
      answer(refused("closed_in_preface", error?.message ?? "closed inside the PROXY header"));
      onClosed(error);
    };
    socket.onEnd = () => answer(refused("closed_in_preface", "ended inside the PROXY header"));
    socket.onBytes = (bytes, from, to) => {
      const known = before.length === 0 ? bytes.subarray(from, to) : Buffer.concat([before, bytes.subarray(from, to)]);
      const result = readProxyHeader(known, 0, known.length);
      if (result.kind === "partial") {
        // At most the header's own 536 bytes: a longer one is rejected, a complete one is not partial.
        before = Buffer.from(known);
        return true;
      }
      const headerBytesHere = result.kind === "header" ? result.bytesUsed - before.length : 0;
      if (result.kind === "absent" && before.length === 0) answer({ ...noHeader, instead: { bytes, from, to } });
      else answer(prefaceOf(result, { bytes, from: from + headerBytesHere, to }));
      return false;
    };
    socket.resume();
  });
}

function prefaceOf(
  result: Exclude<ReturnType<typeof readProxyHeader>, { kind: "partial" }>,
  rest: Preface["rest"],
): PrefaceResult {
  if (result.kind === "absent") return noHeader;
  if (result.kind === "rejected") return refused("malformed_preface", result.reason);
  const { source, destination, tlvs } = result;
  if (source === undefined || destination === undefined) return { kind: "knock" };
  return { kind: "preface", source, destination, tlvs, rest };
}

const noHeader = {
  kind: "refused",
  by: "not_proxy_protocol",
  reason: "the first bytes are no PROXY header",
} as const;

function refused(by: RefusalReason, reason: string): PrefaceResult {
  return { kind: "refused", by, reason };
}
