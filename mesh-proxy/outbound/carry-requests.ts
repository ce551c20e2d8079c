/** HTTP/1.1 to an upstream: each request goes by the snapshot of its time, and by the class that it belongs to. */
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { RedirectedRequest } from "../codec/redirect-location.ts";
import { guardOf, RequestAdmission } from "../guard/admit-request.ts";
import { openGuarded } from "../guard/open-guarded.ts";
import { Http1Gateway } from "../http1-gateway/http1-gateway.ts";
import type { ClassOf } from "../route/match/traffic-classes.ts";
import type { Course, UpstreamRoute } from "../route/route-table.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { Leg } from "../steer/leg.ts";
import { decideCourse } from "../treat/decide-course.ts";
import { copiesAsOne, mirrorRequest } from "../treat/mirror-request.ts";
import { RequestDraws } from "../treat/request-draws.ts";
import type { RequestLegRoute, RequestRoute } from "../treat/request-route.ts";
import { type RequestSession, sessionOf } from "../treat/request-session.ts";
import {
  classifierSeries,
  mirrorsOf,
  type Outbound,
  type OutboundPort,
  openLeg,
  type Routes,
  routeSeries,
} from "./outbound.ts";

export function carryRequests(outbound: Outbound): void {
  const { context, socket, flow, port, source, facts } = outbound;
  // It may have been while it was looked at.
  if (socket.isClosed) return;
  let known: UpstreamRoute | undefined;
  let classOf: ClassOf<Course> | undefined;
  /** Between two snapshots every request of one class gets the same answer. */
  let answers = new Map<Course, RequestLegRoute>();
  const draws = new RequestDraws(context);
  const admission = new RequestAdmission(context);
  const route = (request: Http1Scanner, requestNumber: number): RequestRoute => {
    const table = context.routes();
    const current = table && port.routeIn(table);
    if (table === undefined || current === undefined) return noUpstream(port);
    if (current !== known || classOf === undefined) {
      known = current;
      classOf = current.classes.forConnection(source);
      answers = new Map();
    }
    let course = classOf(request);
    const session = sessionOf(context, course, () => request);
    if (course.split !== undefined || course.refusal !== undefined) {
      const decision = decideCourse(course, { draws, requestNumber, read: () => redirected(request), session });
      if (decision.kind !== "course") return decision;
      course = decision.course;
    }
    const limit = admission.limitOf(requestNumber, current.upstream, course);
    if (limit !== undefined) return { kind: "answered", answer: limit };
    let answer = answers.get(course);
    if (answer === undefined) {
      answer = legRoute(outbound, { table, course });
      answers.set(course, answer);
    }
    return session === undefined ? answer : withSession(answer, session);
  };
  const gateway = new Http1Gateway(context, {
    downstream: socket,
    facts,
    route,
    repeats: true,
    onClosed: () => flow.over(),
  });
  flow.become(gateway);
  socket.resume();
}

function legRoute(outbound: Outbound, routes: Routes): RequestLegRoute {
  const { context } = outbound;
  const { course } = routes;
  const guard = guardOf(context, course);
  let fitting: Leg | undefined;
  return {
    kind: "leg",
    key: courseKey(course),
    fits: (leg) => {
      if (leg !== fitting && isStillListed(course, leg)) fitting = leg;
      return leg === fitting && leg.requests?.begin() !== false;
    },
    open: (avoided, preferred) =>
      openGuarded(guard, () => openLeg(outbound, routes, "request", { avoided, preferred })),
    hop: classifierSeries(outbound, routes),
    route: routeSeries(outbound, course),
    treatment: context.treatments.of(course),
    copy: copyOf(outbound, routes),
  };
}

function withSession(route: RequestLegRoute, session: RequestSession): RequestLegRoute {
  return {
    ...route,
    session,
    fits: (leg) => session.allows(leg.endpoint) && route.fits(leg),
    open: (avoided) => route.open(avoided, session.held?.endpoint),
  };
}

function courseKey({ path, blockedBy, route }: Course): string {
  if (blockedBy !== undefined) return `blocked by ${blockedBy}`;
  if (route !== undefined) return `route ${route}`;
  return path === undefined ? "direct" : `path ${path.path.spi}`;
}

function noUpstream({ name }: OutboundPort): RequestRoute {
  return { kind: "refused", statusCode: 503, code: "no-upstream", reason: `${name} has no upstream now` };
}

/** A connection that is open stays where it is while its endpoint is there. */
function isStillListed(course: Course, { endpoint }: Leg): boolean {
  if (endpoint === undefined) return false;
  const key = endpointKey(endpoint);
  const endpoints = course.path?.path.next ?? course.upstream.endpoints;
  return endpoints.some((listed) => endpointKey(listed) === key);
}

function copyOf(outbound: Outbound, { table, course }: Routes): RequestLegRoute["copy"] {
  const { context, source } = outbound;
  const draw = mirrorsOf(outbound, course);
  if (draw === undefined) return undefined;
  return () => {
    const copies = draw().flatMap((to) => mirrorRequest(context, { table, source, course: to }) ?? []);
    return copies.length === 0 ? undefined : copiesAsOne(copies);
  };
}

function redirected({ bytes, from, head }: Http1Scanner): RedirectedRequest {
  const { hostStart, hostEnd } = head.fields;
  return {
    target: bytes.toString("latin1", from + head.targetStart, from + head.targetEnd),
    authority: hostStart < 0 ? "" : bytes.toString("latin1", from + hostStart, from + hostEnd),
  };
}
