/** What becomes of a request that a route of the Gateway API takes, before it goes anywhere. */
import { compileRedirect, type RedirectedRequest, redirectLocation } from "../codec/redirect-location.ts";
import type { Course } from "../route/route-table.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import type { RequestDraws } from "./request-draws.ts";
import type { AnsweredRequest, DelayedRequest } from "./request-route.ts";
import type { RequestSession } from "./request-session.ts";

export type CourseDecision = AnsweredRequest | DelayedRequest | { readonly kind: "course"; readonly course: Course };

export interface DecidedRequest {
  readonly draws: RequestDraws;
  readonly requestNumber: number;
  readonly read: () => RedirectedRequest;
  /** Goes before the weights of backends. */
  readonly session: RequestSession | undefined;
}

/** @param taken the course of the rule that holds */
export function decideCourse(taken: Course, { draws, requestNumber, read, session }: DecidedRequest): CourseDecision {
  const drawn = draws.courseOf(taken, requestNumber);
  const course = session?.held?.of ?? drawn;
  const { route, fault } = course.actions?.rule ?? {};
  const waitMs = route === undefined ? 0 : draws.waitMs(route, fault?.delay);
  if (waitMs > 0) return { kind: "delayed", ms: waitMs };
  const answer = answerOf(course, draws, read);
  return answer === undefined ? { kind: "course", course } : { kind: "answered", answer };
}

function answerOf(
  { upstream, actions, refusal }: Course,
  draws: RequestDraws,
  read: DecidedRequest["read"],
): OwnAnswer | undefined {
  if (actions === undefined) return refusal;
  const { route, fault, redirect } = actions.rule;
  if (fault?.abort !== undefined && draws.isAborted(fault.abort)) {
    draws.count(route, "aborted");
    return { statusCode: fault.abort.statusCode, code: "fault-injected", reason: `route ${route} aborts on purpose` };
  }
  if (redirect !== undefined) {
    draws.count(route, "redirected");
    const location = redirectLocation(compileRedirect(redirect, `${upstream.service}.${upstream.namespace}`), read());
    return { statusCode: redirect.statusCode, code: "redirected", reason: `route ${route} redirects`, location };
  }
  if (refusal !== undefined) draws.count(route, "no_backend");
  return refusal;
}
