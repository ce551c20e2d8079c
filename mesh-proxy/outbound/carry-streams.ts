/** HTTP/2 to an upstream, stream by stream: each request goes by the snapshot of its time. */

import type { RedirectedRequest } from "../codec/redirect-location.ts";
import { HeadOfFields } from "../http2-gateway/head-of-fields.ts";
import type { Http2Upstreams } from "../http2-gateway/http2-upstreams.ts";
import type { StreamRelay } from "../http2-gateway/stream-relay.ts";
import type { StreamRoute } from "../http2-gateway/stream-route.ts";
import type { UpstreamRoute } from "../route/route-table.ts";
import { decideCourse } from "../steer/decide-course.ts";
import { RequestDraws } from "../steer/request-draws.ts";
import type { Outbound } from "./outbound.ts";
import { readFirstWords } from "./read-first-words.ts";

/** Off paths, and where the client does speak HTTP/2. Routes are of requests, so that they have each looked at. */
export async function isForStreams({ context, source, socket }: Outbound, route: UpstreamRoute): Promise<boolean> {
  if (route.upstream.protocol !== "h2c") return false;
  if (context.config.http2Balancing === "connection" && !hasRules(route)) return false;
  const course = route.classes.forConnection({ address: source.address })();
  if (course.path !== undefined || course.blockedBy !== undefined) return false;
  return (await readFirstWords(socket, context)) === "http2";
}

export function carryStreams(outbound: Outbound, http2: Http2Upstreams): void {
  const { context, socket, flow, listenPort, source } = outbound;
  if (socket.isClosed) return;
  const heads = new HeadOfFields();
  const route = (relay: StreamRelay): StreamRoute => {
    const table = context.routes();
    const current = table?.upstreamAt(listenPort);
    if (table === undefined || current === undefined) return noUpstream;
    const classOf = current.classes.forConnection({ address: source.address });
    const taken = classOf(hasRules(current) ? heads.of(relay.fields) : undefined);
    if (current.upstream.protocol !== "h2c" || taken.path !== undefined || taken.blockedBy !== undefined)
      return { kind: "elsewhere" };
    if (taken.split === undefined && taken.refusal === undefined)
      return { kind: "steered", steering: { table, course: taken, source }, treatment: undefined };
    relay.draws ??= new RequestDraws(context);
    const decision = decideCourse(taken, { draws: relay.draws, requestNumber: 1, read: () => redirected(relay) });
    if (decision.kind !== "course") return decision;
    const { course } = decision;
    return { kind: "steered", steering: { table, course, source }, treatment: context.treatments.of(course) };
  };
  const gateway = http2.gateway({ downstream: socket, route, onClosed: () => flow.over() });
  flow.become(gateway);
  gateway.begin();
}

const noUpstream: StreamRoute = {
  kind: "answered",
  answer: { statusCode: 503, code: "no-upstream", reason: "the port has no upstream now" },
};

function hasRules({ upstream: { rules = [] } }: UpstreamRoute): boolean {
  return rules.length > 0;
}

function redirected({ fields }: StreamRelay): RedirectedRequest {
  return { target: fields.get(":path") ?? "*", authority: fields.get(":authority") ?? fields.get("host") ?? "" };
}
