/** HTTP/2 to an upstream, stream by stream: each request goes by the snapshot of its time, and by the class that it belongs to. */
import type { RedirectedRequest } from "../codec/redirect-location.ts";
import type { StreamRelay } from "../http2-gateway/stream-relay.ts";
import type { StreamRoute } from "../http2-gateway/stream-route.ts";
import type { Steering } from "../http2-gateway/upstream-pool.ts";
import { headOfFields } from "../route/match/head-of-fields.ts";
import type { RequestHead } from "../route/match/request-head.ts";
import type { ClassOf } from "../route/match/traffic-classes.ts";
import type { Course, UpstreamRoute } from "../route/route-table.ts";
import { decideCourse } from "../treat/decide-course.ts";
import { RequestDraws } from "../treat/request-draws.ts";
import { sessionOf } from "../treat/request-session.ts";
import { classifierSeries, mirrorsOf, type Outbound, type OutboundPort, type Routes, routeSeries } from "./outbound.ts";
import { readFirstWords } from "./read-first-words.ts";

/** Where the client does speak HTTP/2. By connection nobody could tell what keys of requests ask. */
export async function isForStreams(
  { context, socket, protocol }: Outbound,
  { upstream, classes }: UpstreamRoute,
): Promise<boolean> {
  if (protocol !== "h2c") return false;
  const isByConnection = context.config.http2Balancing === "connection";
  if (isByConnection && !classes.needsRequests && upstream.rules === undefined) return false;
  return (await readFirstWords(socket, context)) === "http2";
}

export function carryStreams(outbound: Outbound): void {
  const { context, socket, flow, port, source, facts } = outbound;
  if (socket.isClosed) return;
  let known: UpstreamRoute | undefined;
  let classOf: ClassOf<Course> | undefined;
  const route = (relay: StreamRelay): StreamRoute => {
    const table = context.routes();
    const current = table && port.routeIn(table);
    if (table === undefined || current === undefined) return noUpstream(port);
    const { protocol, isUndeclared } = current.upstream;
    if (protocol !== "h2c" && isUndeclared !== true) return { kind: "elsewhere" };
    if (current !== known || classOf === undefined) {
      known = current;
      classOf = current.classes.forConnection(source);
    }
    let head: RequestHead | undefined;
    const readHead = () => (head ??= headOfFields(relay.fields.texts));
    let course = classOf(current.classes.needsRequests ? readHead() : undefined);
    const session = sessionOf(context, course, readHead);
    if (course.split !== undefined || course.refusal !== undefined) {
      relay.draws ??= new RequestDraws(context);
      const request = { draws: relay.draws, requestNumber: 1, read: () => redirected(relay), session };
      const decision = decideCourse(course, request);
      if (decision.kind !== "course") return decision;
      course = decision.course;
    }
    // A chain takes whole connections of what nobody declared.
    if (protocol !== "h2c" && course.path !== undefined) return { kind: "elsewhere" };
    const hop = classifierSeries(outbound, { table, course });
    const treatment = context.treatments.of(course);
    const mirrors = mirrorSteerings(outbound, { table, course });
    const about = { hop, route: routeSeries(outbound, course), preferred: session?.held?.endpoint };
    return {
      kind: "steered",
      steering: { table, asked: current.upstream, course, source, ...about },
      treatment,
      session,
      mirrors,
    };
  };
  const gateway = port.http2.gateway({ downstream: socket, facts, route, onClosed: () => flow.over() });
  flow.become(gateway);
  gateway.begin();
}

function mirrorSteerings(outbound: Outbound, { table, course }: Routes): (() => readonly Steering[]) | undefined {
  const draw = mirrorsOf(outbound, course);
  if (draw === undefined) return undefined;
  const { source } = outbound;
  return () =>
    draw().map((to) => ({ table, asked: to.upstream, course: to, source, hop: undefined, route: undefined }));
}

function noUpstream({ name }: OutboundPort): StreamRoute {
  const reason = `${name} has no upstream now`;
  return { kind: "answered", answer: { statusCode: 503, code: "no-upstream", reason } };
}

function redirected({ fields }: StreamRelay): RedirectedRequest {
  return { target: fields.get(":path") ?? "*", authority: fields.get(":authority") ?? fields.get("host") ?? "" };
}
