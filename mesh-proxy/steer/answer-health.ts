/**
 * Passive health of endpoints whose connections pass as they come: what breaks off before an answer, several times in a row, is
 * passed over. TCP answers with its first byte. HTTP/2 answers stream by stream; its settings are no answer.
 */
import type { RequestOutcome } from "../meter/exchange.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { SocketGroup } from "../relay/socket-group.ts";
import type { MeshConnection } from "./dial-mesh.ts";

export class AnswerHealth {
  /** The endpoint is passed over from now on, and there is another one. */
  onPassedOver: () => void = () => {};

  private readonly context: ProxyContext;
  private readonly connection: MeshConnection;
  private wasAbandoned = false;
  private isJudged = false;

  /** Call when the group has the connection's socket. */
  constructor(context: ProxyContext, connection: MeshConnection, group: SocketGroup) {
    this.context = context;
    this.connection = connection;
    const { socket, protocol } = connection;
    if (protocol === "tcp") socket.onFirstBytes = () => this.answered();
    // A connection that was never used may end at any time.
    socket.onEndedFirst = () => socket.hasWritten && this.judgeBreak();
    const { onClosed } = socket;
    socket.onClosed = (error) => {
      // Else another socket of the flow broke first, or the flow was cut.
      if (error !== undefined && !group.isFailed) this.judgeBreak();
      onClosed(error);
    };
  }

  /** Of a request of HTTP/2. */
  readonly requestOver = (outcome: RequestOutcome): void => {
    if (outcome === "answered") this.requestAnswered();
    else if (outcome === "abandoned") this.wasAbandoned = true;
    else if (this.broken() && this.connection.isReplaceable()) this.onPassedOver();
  };

  private requestAnswered(): void {
    const { guard, endpoint } = this.connection;
    guard?.observe(endpoint, { isFailure: false, isGatewayError: false }, this.context.clock.nowMs());
    this.answered();
  }

  private judgeBreak(): void {
    const { socket, protocol } = this.connection;
    const isUnanswered = !socket.hasRead || (protocol === "h2c" && this.wasAbandoned);
    if (isUnanswered && !this.isJudged) this.broken();
    this.isJudged = true;
  }

  private answered(): void {
    const { breakers, clock } = this.context;
    breakers.answered(this.connection.endpoint, clock.nowMs());
  }

  /** @returns whether the endpoint is passed over now */
  private broken(): boolean {
    const { breakers, clock } = this.context;
    return breakers.countFailure(this.connection.endpoint, clock.nowMs());
  }
}
