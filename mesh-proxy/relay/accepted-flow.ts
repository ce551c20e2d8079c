/** A flow from the moment its connection is accepted: what ends or drains it changes as it becomes known what it is. */
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { ByteSocket } from "./byte-socket.ts";
import type { FlowPlace } from "./flow-place.ts";
import type { Flow, FlowRegistry } from "./flow-registry.ts";

export interface FlowPhase {
  readonly byteCount: number;
  /** Undefined off chains, and while nothing is under way. */
  readonly place?: FlowPlace | undefined;
  drain(): void;
  cut(): void;
}

export class AcceptedFlow implements Flow {
  name: string;
  /** The client as first seen; undefined until that is known. */
  source: SocketEndpoint | undefined;

  private readonly registry: FlowRegistry;
  private phase: FlowPhase;
  private isDraining = false;

  constructor(name: string, socket: ByteSocket, registry: FlowRegistry) {
    this.name = name;
    this.registry = registry;
    this.phase = unknownPhase(socket);
    socket.onClosed = () => this.over();
    registry.add(this);
  }

  /** The connection goes on as another socket. */
  moveTo(socket: ByteSocket): void {
    this.phase = unknownPhase(socket);
    socket.onClosed = () => this.over();
  }

  get byteCount(): number {
    return this.phase.byteCount;
  }

  get place(): FlowPlace | undefined {
    return this.phase.place;
  }

  become(phase: FlowPhase): void {
    this.phase = phase;
    if (this.isDraining) phase.drain();
  }

  drain(): void {
    this.isDraining = true;
    this.phase.drain();
  }

  cut(): void {
    this.phase.cut();
  }

  over(): void {
    this.registry.remove(this);
  }
}

/** A draining flow goes on until it is known what it is. */
function unknownPhase(socket: ByteSocket): FlowPhase {
  return { byteCount: 0, drain: () => {}, cut: () => socket.destroy() };
}
