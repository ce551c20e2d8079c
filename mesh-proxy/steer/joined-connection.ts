/** A flow that is steered as a whole connection: bytes pass as they come, both ways. */
import type { ConnectionMeter } from "../meter/connection-meter.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { AcceptedFlow, FlowPhase } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { pump } from "../relay/pump.ts";
import type { Leg } from "./leg.ts";

export interface JoinedConnectionOptions {
  readonly flow: AcceptedFlow;
  readonly downstream: ByteSocket;
  readonly leg: Leg;
  /** Knows, where the bytes speak HTTP, when nothing is in flight. */
  readonly meter: ConnectionMeter;
}

export class JoinedConnection implements FlowPhase {
  private readonly options: JoinedConnectionOptions;

  constructor(context: ProxyContext, options: JoinedConnectionOptions) {
    this.options = options;
    const { flow, downstream, leg } = options;
    leg.group.onFailed = () => context.own.failedFlowCount++;
    leg.group.onEmpty = () => flow.over();
    leg.group.add(downstream);
    pump(downstream, leg.request, leg.requestTap);
    pump(leg.response, downstream, leg.responseTap);
    leg.response.resume();
    flow.become(this);
  }

  get byteCount(): number {
    return this.options.leg.group.byteCount;
  }

  /** HTTP ends between two requests; of other protocols nobody can tell when, so they go on. */
  drain(): void {
    this.options.meter.onProgress = () => this.endIfIdle();
    this.endIfIdle();
  }

  cut(): void {
    this.options.leg.group.reset();
  }

  private endIfIdle(): void {
    const { meter, downstream, leg } = this.options;
    if (meter.pendingCount !== 0 && !meter.isUnused) return;
    downstream.end();
    leg.request.end();
  }
}
