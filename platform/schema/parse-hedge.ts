/** How long a route's requests wait before they go to a second endpoint, too, by annotation: the Gateway API has no field for it. */
import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import type { HedgePolicy } from "../../core/model/request-rule.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { parseWith } from "./parse-with.ts";

/** A duration such as `50ms`. */
export const hedgeAnnotation = "weft.dev/hedge-after";

const after = gatewayDuration.pipe(z.number().min(1, { error: "must be above 0" }));

export function parseHedge(text: string): Parsed<HedgePolicy> {
  const parsed = parseWith(after, text);
  if (parsed.kind === "parsed") return { kind: "parsed", value: { afterMs: parsed.value } };
  return { ...parsed, field: `metadata.annotations[${hedgeAnnotation}]` };
}
