/** Gateway API's session persistence of a route's rule (GEP-1619). */
import { z } from "zod";
import type { SessionPersistence } from "../../core/model/request-rule.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { sessionName } from "./request-rule-scalars.ts";

const nameUnlessTold = "weft-session";

/** 0 would be a session that is over at once. */
const timeout = gatewayDuration.refine((ms) => ms >= 1000, { error: "must be at least 1s" });

export const sessionPersistence = z
  .strictObject({
    sessionName: sessionName.default(nameUnlessTold),
    absoluteTimeout: timeout.optional(),
    idleTimeout: timeout.optional(),
    type: z.enum(["Cookie", "Header"]).default("Cookie"),
    cookieConfig: z.strictObject({ lifetimeType: z.enum(["Permanent", "Session"]).default("Session") }).optional(),
  })
  .superRefine(({ type, cookieConfig, absoluteTimeout }, { addIssue }) => {
    if (cookieConfig !== undefined && type !== "Cookie")
      addIssue({ code: "custom", path: ["cookieConfig"], message: "is for sessions by cookie only" });
    if (cookieConfig?.lifetimeType === "Permanent" && absoluteTimeout === undefined)
      addIssue({ code: "custom", path: ["absoluteTimeout"], message: "must be given for a permanent cookie" });
  });

export function sessionOf(value: z.output<typeof sessionPersistence>): SessionPersistence {
  const { type, sessionName: name, absoluteTimeout, idleTimeout, cookieConfig } = value;
  return {
    ...(type === "Cookie" ? { carrier: "cookie", name } : { carrier: "header", name: name.toLowerCase() }),
    ...(absoluteTimeout !== undefined && { absoluteMs: absoluteTimeout }),
    ...(idleTimeout !== undefined && { idleMs: idleTimeout }),
    ...(cookieConfig?.lifetimeType === "Permanent" && { isPermanent: true }),
  };
}
