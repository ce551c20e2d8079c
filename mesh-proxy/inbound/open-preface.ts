/** Finds out whether a connection on the mesh port is under TLS or in plaintext, and reads its PROXY header. */
import { Buffer } from "node:buffer";
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type PrefaceResult, readPreface } from "../steer/read-preface.ts";
import { acceptSecure } from "../tls/handshake.ts";

export interface OpenedPreface {
  /** What the connection is read from and written to from now on. */
  readonly socket: ByteSocket;
  readonly result: PrefaceResult;
}

/** The content type of a record that a ClientHello comes in (RFC 8446, section 5.1); no PROXY header begins with it. */
const HANDSHAKE_RECORD = 0x16;

export async function openPreface(
  context: ProxyContext,
  { flow, socket, peer }: { readonly flow: AcceptedFlow; readonly socket: ByteSocket; readonly peer: MeshPeer },
): Promise<OpenedPreface> {
  const { clock, buffers, config, certificates, own } = context;
  const result = await readPreface(socket, clock, config.prefaceTimeoutMs);
  const hello = result.kind === "refused" ? result.instead : undefined;
  if (hello === undefined || hello.bytes[hello.from] !== HANDSHAKE_RECORD) return { socket, result };
  const credentials = certificates.current;
  if (credentials === undefined)
    return { socket, result: { kind: "refused", by: "tls_unwanted", reason: "the proxy has no certificate" } };
  const handshake = await acceptSecure(socket, Buffer.from(hello.bytes.subarray(hello.from, hello.to)), {
    clock,
    buffers,
    credentials,
    timeoutMs: Math.min(config.acceptTimeoutMs, config.prefaceTimeoutMs),
    expected: peer.identity,
  });
  if (handshake.kind === "failed") {
    own.countHandshake("accepted", "failed");
    flow.over();
    const by = handshake.isStranger ? "tls_identity" : "tls_failed";
    return { socket, result: { kind: "refused", by, reason: handshake.reason } };
  }
  own.countHandshake("accepted", handshake.isResumed ? "resumed" : "full");
  flow.moveTo(handshake.socket);
  return {
    socket: handshake.socket,
    result: await readPreface(handshake.socket, clock, config.prefaceTimeoutMs),
  };
}
