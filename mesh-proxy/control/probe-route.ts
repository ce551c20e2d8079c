/** `POST /v1/probes` of the admin port: sends one probe, and answers with what came of it. */
import { z } from "zod";
import { WeftError } from "../../core/model/weft-error.ts";
import { notFound, requestInvalid } from "../../platform/http/http-error.ts";
import type { HttpServer } from "../../platform/http/http-server.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";
import { sendProbe } from "../probe/send-probe.ts";
import type { ProxyContext } from "../proxy-context.ts";

const PORT_FIRST = 32_768;
const PORT_COUNT = 28_000;

const requestSchema = z.strictObject({
  /** Without its namespace, which is the pod's. */
  chain: z.string().min(1).max(512),
  /** The client of the flow whose way is asked for; unless told this pod, at any port. */
  source: z.strictObject({ address: z.union([z.ipv4(), z.ipv6()]), port: z.int().min(0).max(65_535) }).optional(),
  /** Whether functions and the application are asked, too. */
  asksFunctions: z.boolean().default(false),
  timeoutMs: z.int().min(1).max(30_000).default(5000),
});

export function addProbeRoute({ app }: HttpServer, context: ProxyContext): void {
  app.post("/v1/probes", async (request) => {
    const parsed = parseWith(requestSchema, request.body);
    if (parsed.kind === "rejected") throw requestInvalid(parsed.field, parsed.reason);
    const { chain, source = ownSource(context), asksFunctions, timeoutMs } = parsed.value;
    const table = context.routes();
    const course = table?.courseOf(chain);
    if (table === undefined || course === undefined) {
      const known = table?.chains.join(", ") || "none is";
      throw notFound(`the chain "${chain}" is not put on a path by this proxy: ${known}`);
    }
    const leave = context.probes.enter();
    if (leave === undefined) throw new WeftError("limit-reached", "too many probes at a time");
    const order = { chain, source, reach: asksFunctions ? "functions" : "proxies", timeoutMs } as const;
    return sendProbe(context, { table, course }, order).finally(leave);
  });
}

/** Another port every time, so that probes spread over the instances as flows do. */
function ownSource({ config, random }: ProxyContext) {
  return { address: config.podAddress, port: PORT_FIRST + Math.floor(random() * PORT_COUNT) };
}
