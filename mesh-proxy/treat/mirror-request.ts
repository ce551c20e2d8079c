/**
 * A copy of one HTTP/1.1 request to a Service whose answer goes nowhere. The request never waits for it: what it cannot take is lost,
 * as with taps. Its connection stays until it is answered, as many servers drop a request whose client has ended its side.
 */
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { Http1Exchange } from "../meter/http1-exchange.ts";
import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RequestCopy } from "../relay/copy-sink.ts";
import { chooseDestination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { dialMesh } from "../steer/dial-mesh.ts";
import { observeAnswers } from "../steer/observe-answers.ts";
import { openTap } from "../steer/open-copies.ts";

/** Longest wait for an answer, from the request's end. */
const ANSWER_MS_MAX = 15_000;

export interface MirroredRequest {
  readonly table: RouteTable;
  /** Where it goes. */
  readonly course: Course;
  readonly source: SocketEndpoint;
}

/** Undefined, and counted, when there are too many copies. */
export function mirrorRequest(context: ProxyContext, request: MirroredRequest): RequestCopy | undefined {
  let series: TrafficSeries | undefined;
  let hasEnded = false;
  let cancel = () => {};
  const exchange = new Http1Exchange(
    context.clock,
    { record: (record) => series?.record(record) },
    context.config.headBytesMax,
  );
  const endIfAnswered = () => {
    if (!hasEnded || exchange.pendingCount > 0) return;
    cancel();
    tap?.end();
  };
  const connect = async (): Promise<ByteSocket | undefined> => {
    const result = await dialTarget(context, request);
    if (result.kind === "failed") return undefined;
    const { socket } = result;
    series = result.seriesFor("http");
    observeAnswers(series, socket, {
      seen: (bytes, from, to) => {
        exchange.down(bytes, from, to);
        endIfAnswered();
      },
      ended: () => {
        exchange.downEnded();
        endIfAnswered();
      },
    });
    return socket;
  };
  const tap = openTap(context, connect);
  if (tap === undefined) return undefined;
  return {
    copy: (bytes, from, to) => {
      exchange.up(bytes, from, to);
      tap.copy(bytes, from, to);
    },
    end: () => {
      hasEnded = true;
      cancel = context.clock.after(ANSWER_MS_MAX, () => tap.end());
      endIfAnswered();
    },
    drop: () => {
      if (!hasEnded) tap.flowOver(true);
    },
  };
}

function dialTarget(context: ProxyContext, { table, course, source }: MirroredRequest) {
  const { upstream: service } = course;
  return dialMesh(context, {
    ...{ table, source, service, mode: "connection", protocol: service.protocol },
    choose: (isExcluded, isAsking) =>
      chooseDestination(course, { source, uniform: context.random(), isAsking }, isExcluded),
  });
}

/** All as one; undefined without any. */
export function copiesAsOne(copies: readonly RequestCopy[]): RequestCopy | undefined {
  if (copies.length < 2) return copies[0];
  return {
    copy: (bytes, from, to) => {
      for (const each of copies) each.copy(bytes, from, to);
    },
    end: () => {
      for (const each of copies) each.end();
    },
    drop: () => {
      for (const each of copies) each.drop();
    },
  };
}
