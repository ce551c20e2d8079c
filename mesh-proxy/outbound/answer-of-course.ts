import { compileRedirect, type RedirectedRequest, redirectLocation } from "../codec/redirect-location.ts";
import type { Course } from "../route/route-table.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import type { RequestDraws } from "./request-draws.ts";

/** What a request of a rule's course is answered with, without going anywhere; undefined where it goes on. */
export function answerOfCourse(
  { upstream, actions, refusal }: Course,
  draws: RequestDraws,
  request: () => RedirectedRequest,
): OwnAnswer | undefined {
  if (actions === undefined) return refusal;
  const { route, fault, redirect } = actions.rule;
  if (fault?.abort !== undefined && draws.isAborted(fault.abort)) {
    draws.count(route, "aborted");
    return { statusCode: fault.abort.statusCode, code: "fault-injected", reason: `route ${route} aborts on purpose` };
  }
  if (redirect !== undefined) {
    draws.count(route, "redirected");
    const location = redirectLocation(
      compileRedirect(redirect, `${upstream.service}.${upstream.namespace}`),
      request(),
    );
    return { statusCode: redirect.statusCode, code: "redirected", reason: `route ${route} redirects`, location };
  }
  if (refusal !== undefined) draws.count(route, "no_backend");
  return refusal;
}
