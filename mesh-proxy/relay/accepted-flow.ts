/** A flow from the moment its connection is accepted: what ends or drains it changes as it becomes known what it is. */
import type { ByteSocket } from "./byte-socket.ts";
import type { Flow, FlowRegistry } from "./flow-registry.ts";

export interface FlowPhase {
  readonly byteCount: number;
  drain(): void;
  cut(): void;
}

export class AcceptedFlow implements Flow {
  name: string;

  private readonly registry: FlowRegistry;
  private phase: FlowPhase;
  private isDraining = false;

  constructor(name: string, socket: ByteSocket, registry: FlowRegistry) {
    this.name = name;
    this.registry = registry;
    // A draining flow goes on until it is known what it is.
    this.phase = { byteCount: 0, drain: () => {}, cut: () => socket.destroy() };
    socket.onClosed = () => this.over();
    registry.add(this);
  }

  get byteCount(): number {
    return this.phase.byteCount;
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
