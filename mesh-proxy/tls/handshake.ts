/** Puts TLS 1.3 with a certificate on both sides between two proxies; who the other one is, is known when it is there. */
import { Buffer } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { connect, TLSSocket } from "node:tls";
import type { SpiffeId } from "../../core/model/spiffe-id.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { ByteSocket } from "../relay/byte-socket.ts";
import type { ReadBuffers } from "../relay/read-buffers.ts";
import { certificateIdentity } from "./certificate-identity.ts";
import type { Credentials } from "./load-credentials.ts";

export type Handshake =
  | { readonly kind: "secured"; readonly socket: ByteSocket; readonly isResumed: boolean }
  /** `isStranger`: the certificate is sound, and whom it names is not who was meant. */
  | { readonly kind: "failed"; readonly reason: string; readonly isStranger: boolean };

export interface HandshakeDeps {
  readonly clock: Clock;
  readonly buffers: ReadBuffers;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  /** The SPIFFE id that the other side must have; any of the trust domain unless given. */
  readonly expected: string | undefined;
}

const PROTOCOL = "weft";
const NO_BYTES = Buffer.alloc(0);

/** Never rejects. `socket` is over then, whatever came of it. @param hello what was read of it; kept */
export function acceptSecure(socket: ByteSocket, hello: Buffer, deps: HandshakeDeps): Promise<Handshake> {
  const carrier = socket.handOver(hello);
  const secure = new TLSSocket(carrier, {
    isServer: true,
    secureContext: deps.credentials.accepting,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [PROTOCOL],
  });
  const identify = () => {
    // Only a tls.Server would have asked; without an answer nobody is trusted.
    const { _handle: handle } = secure as unknown as { _handle: { verifyError(): Error | null } };
    const error = handle.verifyError();
    return error === null ? identityOf(secure.getPeerX509Certificate(), deps) : failed(error.message);
  };
  return settle({ secure, carrier, event: "secure", identify }, deps);
}

/** As `acceptSecure`, from the other side. @param endpoint by which sessions are told apart, such as the pod's name */
export function dialSecure(socket: ByteSocket, endpoint: string, deps: HandshakeDeps): Promise<Handshake> {
  const { clock, credentials, expected } = deps;
  const { sessions } = credentials;
  const key = `${endpoint} ${expected}`;
  const known = sessions.get(key, clock.nowMs());
  const carrier = socket.handOver(NO_BYTES);
  const secure = connect({
    socket: carrier,
    secureContext: credentials.dialling,
    ALPNProtocols: [PROTOCOL],
    // Names of hosts mean nothing here; `identify` looks at the one that does.
    checkServerIdentity: () => undefined,
    ...(known !== undefined && { session: known.ticket }),
  });
  let session = known;
  const identify = (): Identified => {
    if (secure.isSessionReused() && known !== undefined) return judged(known.peer, deps);
    const certificate = secure.getPeerX509Certificate();
    const identified = identityOf(certificate, deps);
    if (identified.kind === "failed" || certificate === undefined) return identified;
    session = { ticket: NO_BYTES, peer: identified.peer, expiresAtMs: certificate.validToDate.getTime() };
    return identified;
  };
  // In TLS 1.3 tickets come after the handshake.
  secure.on("session", (ticket: Buffer) => {
    if (session !== undefined) sessions.set(key, { ...session, ticket });
  });
  return settle({ secure, carrier, event: "secureConnect", identify }, deps).then((handshake) => {
    if (handshake.kind === "failed") sessions.forget(key);
    return handshake;
  });
}

type Identified = { readonly kind: "identified"; readonly peer: SpiffeId } | Extract<Handshake, { kind: "failed" }>;

interface Attempt {
  readonly secure: TLSSocket;
  readonly carrier: Socket;
  readonly event: "secure" | "secureConnect";
  readonly identify: () => Identified;
}

function settle(
  { secure, carrier, event, identify }: Attempt,
  { clock, buffers, timeoutMs }: HandshakeDeps,
): Promise<Handshake> {
  return new Promise((resolve) => {
    const done = (handshake: Handshake) => {
      cancel();
      secure.off(event, succeed).off("end", ended).off("close", closed);
      if (handshake.kind === "failed") carrier.destroy();
      else secure.off("error", fail);
      resolve(handshake);
    };
    const fail = ({ message }: Error) => done(failed(`TLS: ${message.trim()}`));
    const ended = () => fail(new Error("the other side ended inside the handshake"));
    const closed = () => fail(new Error("closed inside the handshake"));
    const succeed = () => {
      if (secure.alpnProtocol !== PROTOCOL) return done(failed(`TLS: the other side does not speak ${PROTOCOL}`));
      const identified = identify();
      if (identified.kind === "failed") return done(identified);
      const socket = new ByteSocket(buffers, undefined, { socket: secure, carrier, peer: identified.peer });
      done({ kind: "secured", socket, isResumed: secure.isSessionReused() });
    };
    const cancel = clock.after(timeoutMs, () => fail(new Error(`no handshake within ${timeoutMs} ms`)));
    secure.once(event, succeed).on("error", fail).once("end", ended).once("close", closed);
  });
}

function identityOf(certificate: X509Certificate | undefined, deps: HandshakeDeps): Identified {
  if (certificate === undefined) return failed("TLS: the other side has no certificate");
  // A resumed session is not compared with the clock.
  if (certificate.validToDate.getTime() <= deps.clock.nowMs())
    return failed("TLS: the other side's certificate has expired");
  const parsed = certificateIdentity(certificate);
  if (parsed.kind === "rejected") return failed(`TLS: the other side's certificate ${parsed.reason}`);
  return judged(parsed.value, deps);
}

function judged(peer: SpiffeId, { credentials, expected }: HandshakeDeps): Identified {
  const { trustDomain } = credentials.identity;
  if (peer.trustDomain !== trustDomain) return failed(`TLS: ${peer.id} is not of ${trustDomain}`, true);
  if (expected !== undefined && peer.id !== expected) return failed(`TLS: ${peer.id} is not ${expected}`, true);
  return { kind: "identified", peer };
}

function failed(reason: string, isStranger = false): Extract<Handshake, { kind: "failed" }> {
  return { kind: "failed", reason, isStranger };
}
