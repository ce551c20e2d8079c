/** `GET /v1/flows` of the admin port: which live flows of chains pass this proxy, and where they go from here. */
import { z } from "zod";
import { requestInvalid } from "../../platform/http/http-error.ts";
import type { HttpServer } from "../../platform/http/http-server.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import type { LiveFlow } from "../relay/flow-registry.ts";

const FLOWS_MAX = 1000;

const querySchema = z.strictObject({
  chain: z.string().min(1).max(512).optional(),
  /** `address:port` of the client as first seen. */
  source: z.string().min(1).max(64).optional(),
  limit: z.coerce.number().int().min(1).max(FLOWS_MAX).default(100),
});

export function addFlowsRoute({ app }: HttpServer, { routes, flows, clock }: ProxyContext): void {
  app.get("/v1/flows", (request) => {
    const parsed = parseWith(querySchema, request.query);
    if (parsed.kind === "rejected") throw requestInvalid(parsed.field, parsed.reason);
    const { chain, source, limit } = parsed.value;
    const isWanted = (place: FlowPlace, from: string) =>
      (chain === undefined || place.chain === chain) && (source === undefined || from === source);
    const found = flows.placed(isWanted, limit + 1);
    const self = routes()?.self;
    const shown = found.slice(0, limit).map((flow) => answerOf(flow, clock.nowMs()));
    return { pod: self?.pod, node: self?.node, flows: shown, hasMore: found.length > limit };
  });
}

function answerOf({ source, place, acceptedAtMs, byteCount }: LiveFlow, nowMs: number) {
  return { source, ...place, ageMs: nowMs - acceptedAtMs, byteCount };
}
