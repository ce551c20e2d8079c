/** The courses of requests that routes of the Gateway API take: one for each backend of a rule, drawn by weight. */
import type { Upstream, UpstreamBackend, UpstreamRule } from "../../core/model/mesh-snapshot.ts";
import type { Picking } from "./picking.ts";
import type { Course, CourseActions, RouteRefusal } from "./route-table.ts";
import { sessionRoute } from "./session/session-route.ts";

export function pickAmong(upstream: Upstream, picking: Picking): Course["pick"] {
  const policy = picking.createPolicy(upstream);
  return ({ source, uniform, isAsking }, isExcluded) =>
    policy.pick({ uniform, client: picking.clientKeyOf(source.address), isAsking }, isExcluded);
}

/** Of requests that no rule takes, where there are rules. */
export function unmatched(course: Course): Course {
  const { namespace, service } = course.upstream;
  const reason = `no rule of the routes of ${namespace}/${service} takes this request`;
  return { ...course, refusal: { statusCode: 404, code: "no-route", reason } };
}

export function ruleCourse(upstream: Upstream, rule: UpstreamRule, picking: Picking): Course {
  const { route, backends } = rule;
  const mirrors = (rule.mirrors ?? []).map(({ namespace, service, endpoints, percent }) => {
    const own: Upstream = { ...upstream, namespace, service, endpoints, traffic: undefined };
    return { percent, course: { upstream: own, pick: pickAmong(own, picking), path: undefined } };
  });
  const actions = (changes: CourseActions["changes"]): CourseActions => ({ rule, changes, mirrors });
  const courses = backends.map((backend, index): Course => {
    const { namespace, service, endpoints, traffic } = backend;
    const own: Upstream = { ...upstream, namespace, service, endpoints, traffic };
    return {
      ...{ upstream: own, pick: pickAmong(own, picking), path: undefined, route: `${route} ${index}` },
      ...{ actions: actions(backend.changes), refusal: missing(route, backend) },
    };
  });
  const nowhere: Course = {
    ...{ upstream: { ...upstream, endpoints: [] }, pick: () => undefined, path: undefined, route },
    ...{ actions: actions(undefined), refusal: refusal(`route ${route} has no backend for this request`) },
  };
  const sessions =
    rule.session &&
    sessionRoute(
      rule.session,
      courses.map((course) => ({ of: course, endpoints: course.upstream.endpoints })),
      picking.podDigestOf,
    );
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...nowhere,
    sessions,
    split: (uniform) => {
      let left = uniform * total;
      for (const [index, { weight }] of backends.entries()) {
        left -= weight;
        if (left < 0) return courses[index] ?? nowhere;
      }
      return courses.at(-1) ?? nowhere;
    },
  };
}

function missing(route: string, { namespace, service, isMissing }: UpstreamBackend): RouteRefusal | undefined {
  if (isMissing !== true) return undefined;
  return refusal(`route ${route} names a Service ${namespace}/${service} that is not there`);
}

function refusal(reason: string): RouteRefusal {
  return { statusCode: 500, code: "no-backend", reason };
}
