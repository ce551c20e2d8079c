import { afterEach, describe, expect, it } from "vitest";
import { WeftError } from "../../core/model/weft-error.ts";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { createLog } from "../log/pino-log.ts";
import { notFound, requestInvalid } from "./http-error.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { addProbes } from "./probes.ts";

const open: HttpServer[] = [];
const reasons: string[] = [];

afterEach(async () => {
  reasons.length = 0;
  for (const server of open.splice(0)) await server.close();
});

function serverOf(declare: (server: HttpServer) => void): HttpServer {
  const log = createLog({ level: "silent", name: "test" });
  const server = createHttpServer({ log, clock: createManualClock(), bodyBytesMax: 100 });
  declare(server);
  open.push(server);
  return server;
}

const echo = () => serverOf(({ app }) => app.post("/echo/:name", async (request) => ({ body: request.body })));

describe("an HTTP server's refusals", () => {
  const json = { "content-type": "application/json" };
  const cases = [
    {
      name: "a body that is not JSON is named with its reason",
      request: { method: "POST", url: "/echo/a", headers: json, payload: '{"a":1,}' },
      status: 400,
      error: { code: "request-invalid", field: "body", message: expect.stringMatching(/not JSON: .*position 7/) },
    },
    {
      name: "an empty JSON body is called empty",
      request: { method: "POST", url: "/echo/a", headers: json, payload: "" },
      status: 400,
      error: { code: "request-invalid", field: "body", message: "the body is empty, and its media type says JSON" },
    },
    {
      name: "a body that would change prototypes is forbidden",
      request: { method: "POST", url: "/echo/a", headers: json, payload: '{"__proto__":{"a":1}}' },
      status: 400,
      error: { code: "request-invalid", field: "body", message: expect.stringContaining("__proto__") },
    },
    {
      name: "a body over the limit is 413",
      request: { method: "POST", url: "/echo/a", headers: json, payload: JSON.stringify("x".repeat(100)) },
      status: 413,
      error: { code: "body-too-large", message: expect.any(String) },
    },
    {
      name: "a body of another media type is 415",
      request: { method: "POST", url: "/echo/a", headers: { "content-type": "text/xml" }, payload: "<a/>" },
      status: 415,
      error: { code: "media-type-unsupported", message: "only bodies of application/json are taken here" },
    },
    {
      name: "an unknown path is 404",
      request: { method: "POST", url: "/other?x=1" },
      status: 404,
      error: { code: "not-found", message: "no /other here" },
    },
    {
      name: "a known path under another method is 405",
      request: { method: "DELETE", url: "/echo/a?x=1" },
      status: 405,
      error: { code: "method-not-allowed", message: "/echo/a takes POST, not DELETE" },
    },
    {
      name: "a path with half an escape is 400",
      request: { method: "POST", url: "/echo/%" },
      status: 400,
      error: { code: "request-invalid", message: expect.any(String) },
    },
  ] as const;
  it.each(cases)("$name", async ({ request, status, error }) => {
    const answer = await echo().app.inject(request);
    expect({ status: answer.statusCode, body: answer.json() }).toEqual({ status, body: { error } });
  });

  it("405 names the allowed methods in a header", async () => {
    const answer = await echo().app.inject({ method: "PUT", url: "/echo/a" });
    expect(answer.headers.allow).toBe("POST");
  });
});

describe("what a route throws", () => {
  const cases = [
    {
      name: "names the field of a bad request",
      thrown: requestInvalid("functions[1]", "is not a name"),
      status: 400,
      error: { code: "request-invalid", field: "functions[1]", message: "is not a name" },
    },
    {
      name: "says that something does not exist",
      thrown: notFound("no pod core/amf-0"),
      status: 404,
      error: { code: "not-found", message: "no pod core/amf-0" },
    },
    {
      name: "gives an operational failure its code",
      thrown: new WeftError("kubernetes-conflict", "changed"),
      status: 409,
      error: { code: "kubernetes-conflict", message: "changed" },
    },
    {
      name: "tells nothing of a bug",
      thrown: new Error("secret detail"),
      status: 500,
      error: { code: "internal", message: "internal error" },
    },
  ];
  it.each(cases)("$name", async ({ thrown, status, error }) => {
    const server = serverOf(({ app }) =>
      app.get("/", async () => {
        throw thrown;
      }),
    );
    const answer = await server.app.inject({ method: "GET", url: "/" });
    expect({ status: answer.statusCode, body: answer.json() }).toEqual({ status, body: { error } });
  });

  it("names the place that a declared schema refuses", async () => {
    const body = { type: "object", properties: { nodes: { type: "array", items: { type: "string", maxLength: 3 } } } };
    const server = serverOf(({ app }) => app.post("/", { schema: { body } }, async () => ({})));
    const answer = await server.app.inject({ method: "POST", url: "/", payload: { nodes: ["a", "long"] } });
    expect(answer.json()).toMatchObject({ error: { code: "request-invalid", field: "nodes.1" } });
  });
});

describe("probes", () => {
  const probed = () => serverOf((server) => addProbes(server, { live: () => [], ready: () => reasons }));

  it("answer 200 when there is no reason against it", async () => {
    const answer = await probed().app.inject("/readyz");
    expect({ status: answer.statusCode, body: answer.json() }).toEqual({ status: 200, body: { status: "ok" } });
  });

  it("answer 503 with every reason", async () => {
    const server = probed();
    reasons.push("pods not listed yet", "no telemetry");
    const answer = await server.app.inject("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ error: { code: "not-ready", message: "pods not listed yet; no telemetry" } });
    expect((await server.app.inject("/livez")).statusCode).toBe(200);
  });
});
