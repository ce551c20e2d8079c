/** A session on its socket: what comes is fed to it, what it writes is sent, and senders wait while there is no room. */
import type { Clock } from "../../core/ports/clock.ts";
import type { OutputBuffers } from "../codec/http2/frame-writer.ts";
import { Http2Session, type SessionEvents, type SessionLimits } from "../codec/http2/session/http2-session.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { FlushTurn } from "./flush-turn.ts";
import type { StreamOwner } from "./stream-owner.ts";

export interface SessionDeps {
  readonly clock: Clock;
  readonly turn: FlushTurn;
  readonly buffers: OutputBuffers;
  readonly limits: SessionLimits;
}

/** Something that waits for room in a session. */
export interface Sender {
  /** Sends what it can. @returns whether it waits no longer. */
  pump(): boolean;
}

/** More is sent before the turn of the event loop ends; a peer that leaves more lying is not read from meanwhile. */
const OUTPUT_BYTES_MAX = 64 * 1024;

export class SessionSocket {
  readonly session: Http2Session<StreamOwner>;
  readonly socket: ByteSocket;
  private readonly deps: SessionDeps;
  private readonly waiting = new Set<Sender>();
  private isBlocked = false;
  private isEnding = false;
  private isReadHeld = false;

  constructor(
    role: "client" | "server",
    socket: ByteSocket,
    options: { readonly deps: SessionDeps; readonly events: SessionEvents<StreamOwner> },
  ) {
    const { limits, buffers } = options.deps;
    this.socket = socket;
    this.deps = options.deps;
    this.session = new Http2Session(role, { limits, buffers, events: options.events });
    this.session.start();
    this.touch();
  }

  take(bytes: Buffer, from: number, to: number): boolean {
    this.session.take(bytes, from, to, this.deps.clock.nowMs());
    this.touch();
    this.isReadHeld = this.socket.socket.writableLength > OUTPUT_BYTES_MAX;
    return !this.isReadHeld;
  }

  /** Call when something was written to the session. */
  touch(): void {
    if (this.session.out.byteCount > 0) this.deps.turn.add(this);
  }

  flush(): void {
    const { out } = this.session;
    if (out.byteCount > 0) {
      const isFlushed = this.socket.write(out.bytes, 0, out.byteCount);
      out.sent(isFlushed);
      if (!isFlushed) this.block();
    }
    if (this.isEnding) this.socket.end();
  }

  /** Ends the connection once all that was written is sent. */
  end(): void {
    this.isEnding = true;
    this.deps.turn.add(this);
  }

  /** @returns how many bytes were taken. */
  sendData(stream: SessionStream<StreamOwner>, bytes: Buffer, from: number, to: number, isEnd: boolean): number {
    if (this.session.out.byteCount >= OUTPUT_BYTES_MAX) this.flush();
    if (this.isBlocked && to > from) return 0;
    const taken = this.session.sendData(stream, bytes, from, to, isEnd);
    this.touch();
    return taken;
  }

  /** `sender.pump` is called when there may be room; again until it has what it waits for. */
  wait(sender: Sender): void {
    this.waiting.add(sender);
  }

  forget(sender: Sender): void {
    this.waiting.delete(sender);
  }

  /** In turn: who sent goes behind those who still wait. */
  pump(): void {
    if (this.waiting.size === 0) return;
    for (const sender of [...this.waiting]) {
      this.waiting.delete(sender);
      if (!sender.pump()) this.waiting.add(sender);
    }
  }

  private block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.socket.whenFlushed(() => {
      this.isBlocked = false;
      if (this.socket.isClosed) return;
      this.pump();
      if (!this.isReadHeld) return;
      this.isReadHeld = false;
      this.socket.resume();
    });
  }
}
