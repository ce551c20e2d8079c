/** What connections to known proxies are resumed with (RFC 8446, section 2.2), for as long as what it rests on holds. */
import type { Buffer } from "node:buffer";
import type { SpiffeId } from "../../core/model/spiffe-id.ts";

export interface KnownSession {
  readonly ticket: Buffer;
  /** Whom the certificate of the full handshake named; a resumed one has none. */
  readonly peer: SpiffeId;
  /** When that certificate expires. */
  readonly expiresAtMs: number;
}

export class SessionCache {
  private readonly sessionsMax: number;
  private readonly sessions = new Map<string, KnownSession>();

  constructor(sessionsMax: number) {
    this.sessionsMax = sessionsMax;
  }

  /** @param key of the pod and the identity that it must have */
  get(key: string, nowMs: number): KnownSession | undefined {
    const session = this.sessions.get(key);
    if (session === undefined || session.expiresAtMs > nowMs) return session;
    this.sessions.delete(key);
    return undefined;
  }

  /** Makes room by dropping the one set longest ago. */
  set(key: string, session: KnownSession): void {
    this.sessions.delete(key);
    if (this.sessions.size >= this.sessionsMax) {
      const [oldest = ""] = this.sessions.keys();
      this.sessions.delete(oldest);
    }
    this.sessions.set(key, session);
  }

  forget(key: string): void {
    this.sessions.delete(key);
  }

  get count(): number {
    return this.sessions.size;
  }
}
