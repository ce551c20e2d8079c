/** Reads JSON bodies, and says what is wrong with one that is none. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { messageOf } from "../../core/model/weft-error.ts";
import { requestInvalid } from "./http-error.ts";

type Done = (error: Error | null, body?: unknown) => void;

export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error") as (
    request: FastifyRequest,
    body: string,
    done: Done,
  ) => void;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    parse(request, body, (error, parsed) => done(error && requestInvalid("body", reasonOf(body)), parsed));
  });
}

/** Fastify's parser swallows the reason, so a refused body is read again. */
function reasonOf(body: string): string {
  if (body === "") return "the body is empty, and its media type says JSON";
  try {
    JSON.parse(body);
    return "the body has a forbidden key: __proto__ or constructor.prototype";
  } catch (error) {
    return `the body is not JSON: ${messageOf(error)}`;
  }
}
