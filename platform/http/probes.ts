import type { FastifyReply } from "fastify";
import { errorBody } from "./http-error.ts";
import type { HttpServer } from "./http-server.ts";

/** Reasons why not; an empty list is yes. */
export type Probe = () => readonly string[];

export interface Probes {
  /** Whether it works at all: a false answer gets the process restarted. */
  readonly live: Probe;
  /** Whether it should be sent work now. */
  readonly ready: Probe;
}

/** GET /livez and /readyz: 200 `{"status":"ok"}`, or 503 with the reasons in the message. */
export function addProbes({ app }: Pick<HttpServer, "app">, { live, ready }: Probes): void {
  app.get("/livez", (_, reply) => answer(reply, "not-live", live()));
  app.get("/readyz", (_, reply) => answer(reply, "not-ready", ready()));
}

function answer(reply: FastifyReply, code: string, reasons: readonly string[]): FastifyReply {
  if (reasons.length === 0) return reply.send({ status: "ok" });
  return reply.code(503).send(errorBody({ code, message: reasons.join("; ") }));
}
