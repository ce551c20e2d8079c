/** What a rule has done to requests, as it travels to a proxy. The proxy trusts nobody with what it writes into messages. */
import { z } from "zod";
import { headerLinesMax, redirectStatusCodes, retriesMax } from "../../core/model/request-rule.ts";
import { pathText } from "./match-scalars.ts";
import {
  changedHeaderName,
  changedHeaderValue,
  hostName,
  prefixReplacement,
  sessionName,
} from "./request-rule-scalars.ts";
import { portNumber } from "./scalars.ts";

/** Of a rule and a backend together. */
const LINES_MAX = 4 * headerLinesMax;
const CODES_MAX = 32;

const durationMs = z.int().min(1).max(86_400_000);
export const percent = z.number().positive().max(100);

const headerChange = z.strictObject({
  removed: z.array(changedHeaderName.lowercase({ error: "must be in lower case" })).max(LINES_MAX),
  added: z.array(z.strictObject({ name: changedHeaderName, value: changedHeaderValue })).max(LINES_MAX),
});

const pathChange = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Full"), value: pathText }),
  z.strictObject({ type: z.literal("Prefix"), prefix: pathText, value: prefixReplacement }),
]);

export const requestChanges = z.strictObject({
  request: headerChange.optional(),
  response: headerChange.optional(),
  host: hostName.optional(),
  path: pathChange.optional(),
});

/** Beside where requests go. */
export const ruleActions = {
  redirect: z
    .strictObject({
      statusCode: z.literal([...redirectStatusCodes]),
      scheme: z.enum(["http", "https"]).optional(),
      host: hostName.optional(),
      port: portNumber.optional(),
      path: pathChange.optional(),
    })
    .optional(),
  timeouts: z.strictObject({ requestMs: durationMs.optional(), attemptMs: durationMs.optional() }).optional(),
  retry: z
    .strictObject({
      statusCodes: z.array(z.int().min(400).max(599)).max(CODES_MAX),
      retriesMax: z.int().min(1).max(retriesMax),
      backoffMs: z.int().min(0).max(86_400_000),
    })
    .optional(),
  hedge: z.strictObject({ afterMs: durationMs }).optional(),
  session: z
    .strictObject({
      carrier: z.enum(["cookie", "header"]),
      name: sessionName,
      absoluteMs: durationMs.optional(),
      idleMs: durationMs.optional(),
      isPermanent: z.boolean().optional(),
    })
    .optional(),
  fault: z
    .strictObject({
      delay: z.strictObject({ ms: durationMs, percent }).optional(),
      abort: z.strictObject({ statusCode: z.int().min(400).max(599), percent }).optional(),
    })
    .optional(),
};
