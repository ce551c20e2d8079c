/** Headers that a route's match asks for. */
import { z } from "zod";
import type { HttpMatch } from "../../core/model/traffic-match.ts";
import { headerName, headerValue } from "./match-scalars.ts";

export const headerMatch = z.strictObject({
  type: z.literal("Exact", { error: "must be Exact: regular expressions are not carried out" }).default("Exact"),
  name: headerName,
  value: headerValue,
});

export function headersOf(headers: readonly z.output<typeof headerMatch>[]): Pick<HttpMatch, "headers"> {
  if (headers.length === 0) return {};
  return { headers: headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })) };
}
