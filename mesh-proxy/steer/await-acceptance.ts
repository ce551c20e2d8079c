/** Waits until the proxy that was dialled says that it has the connection, and that what lies behind it is there. */
import { Buffer } from "node:buffer";
import { encodeNotice, NOTICE, NOTICE_BYTES, type Notice, readNotice } from "../codec/notice.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { afterReading } from "../relay/after-reading.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";

export type Acceptance =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly fault: DialFault; readonly reason: string };

/** `own`: of the pod that was dialled, so that others had better pass it over, too. `expired`: no other pod will do. */
export type DialFault = "own" | "stranded" | "expired";

/**
 * Answers once. Bytes behind the notice are given to whoever reads the socket next.
 * @param hasOthers whether another endpoint could be tried: if none can, a proxy that is slow is waited for
 */
export function awaitAcceptance(
  socket: ByteSocket,
  { clock, config }: ProxyContext,
  hasOthers: boolean,
): Promise<Acceptance> {
  let before = Buffer.alloc(0);
  return new Promise((resolve) => {
    const answer = (acceptance: Acceptance) => {
      cancel();
      socket.onBytes = () => false;
      socket.onEnd = () => {};
      socket.onClosed = () => {};
      resolve(acceptance);
    };
    const fail = (reason: string, fault: DialFault = "own") => answer({ kind: "refused", fault, reason });
    const expectWithin = (timeoutMs: number, what: string) =>
      afterReading(clock, timeoutMs, () => fail(`${what} within ${timeoutMs} ms`));
    let cancel = expectWithin(
      hasOthers ? config.takenTimeoutMs : config.acceptTimeoutMs,
      "did not take the connection",
    );
    socket.onClosed = (error) => fail(error?.message ?? "closed before it accepted the connection");
    socket.onEnd = () => fail("ended before it accepted the connection");
    socket.onBytes = (bytes, from, to) => {
      const known = Buffer.concat([before, bytes.subarray(from, to)]);
      let at = 0;
      for (; ; at += NOTICE_BYTES) {
        const notice = readNotice(known, at, known.length);
        if (notice === "partial") break;
        if (notice === NOTICE.taken) {
          cancel();
          cancel = expectWithin(config.acceptTimeoutMs, "did not accept the connection");
          continue;
        }
        if (notice === NOTICE.accepted) {
          socket.putBack(known.subarray(at + NOTICE_BYTES));
          answer({ kind: "accepted" });
          return false;
        }
        fail(refusalOf(notice), faultOf(notice));
        return true;
      }
      // Fewer bytes than a notice.
      before = Buffer.from(known.subarray(at));
      return true;
    };
    socket.resume();
  });
}

export function sendNotice(socket: ByteSocket, notice: Notice): void {
  socket.write(encodeNotice(notice), 0, NOTICE_BYTES);
}

function faultOf(notice: Notice | undefined): DialFault {
  if (notice === NOTICE.stranded) return "stranded";
  return notice === NOTICE.expired ? "expired" : "own";
}

function refusalOf(notice: Notice | undefined): string {
  switch (notice) {
    case NOTICE.refused:
      return "its application or function refuses";
    case NOTICE.stranded:
      return "traffic cannot go on from there";
    case NOTICE.expired:
      return "its TTL ran out";
    default:
      return "answers out of protocol";
  }
}
