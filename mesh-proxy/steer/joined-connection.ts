/** A flow that is steered as a whole connection: bytes pass as they come, both ways. */

import type { KernelPump } from "../kernel-relay/kernel-pump.ts";
import { withCloseLine } from "../meter/close-line.ts";
import type { ConnectionMeter } from "../meter/connection-meter.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { AcceptedFlow, FlowPhase } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import { pump } from "../relay/pump.ts";
import { breakOf } from "./break-of.ts";
import { idleGraceMs } from "./idle-grace.ts";
import type { Leg } from "./leg.ts";
import { placeOf } from "./place-of.ts";
import { upstreamText } from "./upstream-text.ts";

export interface JoinedConnectionOptions {
  readonly flow: AcceptedFlow;
  readonly downstream: ByteSocket;
  readonly leg: Leg;
  /** Knows, where the bytes speak HTTP, when nothing is in flight. */
  readonly meter: ConnectionMeter;
  /** The hop of a path that the flow came to. */
  readonly hop?: HopSeries | undefined;
}

export class JoinedConnection implements FlowPhase {
  private readonly context: ProxyContext;
  private readonly options: JoinedConnectionOptions;
  /** Where both directions are one connection each way, and nobody gets copies. */
  private readonly kernelPump: KernelPump | undefined;
  private hasSaidFarewell = false;

  constructor(context: ProxyContext, options: JoinedConnectionOptions) {
    this.context = context;
    this.options = options;
    const { flow, downstream, leg, meter } = options;
    const { facts } = meter;
    if (facts !== undefined) facts.upstream = upstreamText(leg);
    leg.group.onFailed = (_, socket) => {
      context.own.failedFlowCount++;
      meter.brokenBy = socket === downstream ? "DC" : "UC";
      options.hop?.fail(socket === downstream ? "source_reset" : breakOf(leg, socket));
    };
    leg.group.onEmpty = () => flow.over();
    leg.group.add(downstream);
    this.kernelPump = this.pumpByKernel();
    if (this.kernelPump === undefined) {
      pump(downstream, leg.request, leg.requestTap);
      pump(leg.response, downstream, leg.responseTap);
    }
    leg.response.resume();
    // An HTTP/2 client would go on with this connection for ever.
    if (leg.health !== undefined) leg.health.onPassedOver = () => this.passLastFromNowOn();
  }

  get byteCount(): number {
    this.kernelPump?.count();
    return this.options.leg.group.byteCount + (this.kernelPump?.byteCount ?? 0);
  }

  get place(): FlowPlace | undefined {
    return placeOf(this.options.hop, this.options.leg);
  }

  /**
   * HTTP/1.1 ends with the next response, which says so; an HTTP/2 client is told to go away, and ends the connection when
   * it has its responses. Of other protocols nobody can tell when they may end, so they go on.
   */
  drain(): void {
    this.passLastFromNowOn();
    this.sayFarewell();
    this.context.clock.after(idleGraceMs, () => this.endIfIdle());
  }

  cut(): void {
    this.options.meter.brokenBy = "LR";
    this.options.leg.group.reset();
  }

  private pumpByKernel(): KernelPump | undefined {
    const { relay } = this.context.kernel;
    const { downstream, leg, meter } = this.options;
    const { request, response, requestTap, responseTap } = leg;
    const isPlain = downstream.peer === undefined && request.peer === undefined && request === response;
    if (relay === undefined || !isPlain || requestTap !== undefined || responseTap !== undefined) return undefined;
    return relay.pump([downstream, request], () => meter.isBytesOnly);
  }

  /** What the kernel has speaks nothing that has a last answer. */
  private passLastFromNowOn(): void {
    if (this.kernelPump?.keepOut() === false) return;
    this.options.leg.response.onBytes = (bytes, from, to) => this.passLast(bytes, from, to);
  }

  private passLast(bytes: Buffer, from: number, to: number): boolean {
    const { downstream, leg, meter } = this.options;
    const offset = meter.downAhead(bytes, from, to);
    leg.responseTap?.copy(bytes, from, to);
    const isFlushed =
      offset < 0 ? downstream.write(bytes, from, to) : downstream.writeAll(withCloseLine(bytes, from, to, offset));
    this.sayFarewell();
    this.endIfIdle();
    if (isFlushed) return true;
    downstream.resumeWhenFlushed(leg.response);
    return false;
  }

  private sayFarewell(): void {
    const { meter, downstream } = this.options;
    const farewell = this.hasSaidFarewell ? undefined : meter.farewell();
    if (farewell === undefined) return;
    this.hasSaidFarewell = true;
    downstream.write(farewell, 0, farewell.length);
  }

  private endIfIdle(): void {
    const { meter, downstream, leg } = this.options;
    const isIdle = meter.isUnused || meter.pendingCount === 0;
    if (!isIdle || this.hasSaidFarewell) return;
    downstream.end();
    leg.request.end();
  }
}
