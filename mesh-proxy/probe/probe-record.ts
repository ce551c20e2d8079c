/** What proxies say of a probe, one JSON object a line: each of itself, of its function if asked to, and of the way to the next. */
import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";

export const recordBytesMax = 4096;

const text = z.string().max(512);
const ms = z.number().min(0);

const hop = z.object({
  kind: z.literal("hop"),
  pod: text,
  node: text,
  chain: text,
  spi: z.int().min(1),
  serviceIndex: z.int().min(0),
  /** Absent at the destination. */
  function: text.optional(),
});

/** What the hop's function, or the application at the destination, answered. */
const asked = z.object({
  kind: z.literal("asked"),
  connectMs: ms.optional(),
  /** Until bytes that were sent through it came back; absent for the application and in mode Tap. */
  answerMs: ms.optional(),
  /** Why it did not answer. */
  reason: text.optional(),
});

/** The way to the hop that speaks next, as the proxy before it saw it. */
const link = z.object({ kind: z.literal("link"), connectMs: ms, answerMs: ms });

const stopped = z.object({ kind: z.literal("stopped"), pod: text, reason: text });

const record = z.discriminatedUnion("kind", [hop, asked, link, stopped]);

export type ProbeRecord = Readonly<z.infer<typeof record>>;
export type HopRecord = Extract<ProbeRecord, { kind: "hop" }>;
export type AskedRecord = Extract<ProbeRecord, { kind: "asked" }>;
export type LinkRecord = Extract<ProbeRecord, { kind: "link" }>;

export function encodeRecord(said: ProbeRecord): Buffer {
  return Buffer.from(`${JSON.stringify(said)}\n`);
}

/** Of one line; never throws. Unknown fields are left out: the proxy may be newer. */
export function parseRecord(line: string): Parsed<ProbeRecord> {
  try {
    return parseWith(record, JSON.parse(line));
  } catch (error) {
    return { kind: "rejected", field: "", reason: messageOf(error) };
  }
}
