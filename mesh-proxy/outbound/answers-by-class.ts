import type { RequestHead } from "../route/match/request-head.ts";
import type { ClassOf } from "../route/match/traffic-classes.ts";
import type { RequestRoute } from "../treat/request-route.ts";

/** Every request of one class gets the same answer. */
export function answersByClass<T>(
  classOf: ClassOf<T>,
  answerFor: (of: T) => RequestRoute,
): (request: RequestHead) => RequestRoute {
  const answers = new Map<T, RequestRoute>();
  return (request) => {
    const of = classOf(request);
    const answer = answers.get(of) ?? answerFor(of);
    answers.set(of, answer);
    return answer;
  };
}
