/** Whether a request may go on, as far as limits go. */
import type { Upstream } from "../../core/model/mesh-snapshot.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { Course } from "../route/route-table.ts";
import { type LimitAnswer, parallelAnswer, rateAnswer } from "./limit-answers.ts";
import type { ServiceGuard } from "./service-guard.ts";

/** Of what goes straight to its Service: chains have limits of their own making. */
export function guardOf({ guards }: Pick<ProxyContext, "guards">, course: Course): ServiceGuard | undefined {
  return course.path === undefined ? guards.of(course.upstream) : undefined;
}

/** Call once for a request. @param upstream that the client asked; the course may lead to another Service */
export function limitOf(
  context: Pick<ProxyContext, "guards" | "clock">,
  upstream: Upstream,
  course: Course,
): LimitAnswer | undefined {
  const asked = context.guards.of(upstream);
  const nowMs = context.clock.nowMs();
  if (asked?.bucket?.take(nowMs) === false) {
    asked.limit("rate_limit");
    return rateAnswer(asked.bucket, nowMs);
  }
  const guard = guardOf(context, course);
  if (guard === undefined || guard.occupancy.hasRequestRoom) return undefined;
  guard.limit("max_parallel_requests");
  return parallelAnswer(guard);
}

/** Remembers what it said of a request of HTTP/1.1, which is asked about again while it waits. */
export class RequestAdmission {
  private readonly context: ProxyContext;
  private requestNumber = 0;
  private answer: LimitAnswer | undefined;

  constructor(context: ProxyContext) {
    this.context = context;
  }

  limitOf(requestNumber: number, upstream: Upstream, course: Course): LimitAnswer | undefined {
    if (requestNumber !== this.requestNumber) this.answer = limitOf(this.context, upstream, course);
    this.requestNumber = requestNumber;
    return this.answer;
  }
}
