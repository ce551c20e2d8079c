/** What traffic is like, as it travels to a proxy. */
import { type ZodType, z } from "zod";
import { matchEntriesMax } from "../../core/model/traffic-match.ts";
import {
  cidrBlock,
  gpsiText,
  headerName,
  headerValue,
  hostPattern,
  methodToken,
  pathText,
  subscriberDigits,
  supiText,
} from "./match-scalars.ts";

export const trafficMatch = z.strictObject({
  sources: listOf(cidrBlock),
  serverNames: listOf(hostPattern),
  http: z
    .strictObject({
      hosts: listOf(hostPattern),
      paths: listOf(z.strictObject({ type: z.enum(["Exact", "Prefix"]), value: pathText })),
      methods: listOf(methodToken),
      headers: listOf(z.strictObject({ name: headerName, value: headerValue })),
      supis: listOf(subscriber(supiText)),
      gpsis: listOf(subscriber(gpsiText)),
    })
    .optional(),
});

function subscriber(text: ZodType<string>) {
  const range = z.strictObject({ type: z.literal("Range"), start: subscriberDigits, end: subscriberDigits });
  return z.discriminatedUnion("type", [z.strictObject({ type: z.enum(["Exact", "Prefix"]), value: text }), range]);
}

function listOf<T extends ZodType>(entry: T) {
  return z.array(entry).min(1).max(matchEntriesMax).optional();
}
