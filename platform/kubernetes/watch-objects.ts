/** One watch connection, from its first byte to its end. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { type ApiAnswer, isExpired } from "./api-failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { type WatchEvent, watchEventOf } from "./watch-event.ts";

export interface WatchRequest {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly path: string;
  readonly resourceVersion: string;
  /** The server ends the watch after this long. */
  readonly timeoutMs: number;
  /** Without a byte for `timeoutMs` and this long the connection counts as dead. */
  readonly graceMs: number;
  readonly lineBytesMax: number;
  readonly signal: AbortSignal;
  onOpen(): void;
  /** An outcome as the answer ends the watch with it. */
  onChange(change: WatchChange): WatchOutcome | undefined;
}

export type WatchChange = Extract<WatchEvent, { kind: "put" | "delete" | "bookmark" }>;

export type WatchOutcome =
  /** The server ended it, between two events. */
  | { readonly kind: "ended" }
  /** The resource version is gone: only a new list helps. */
  | { readonly kind: "expired" }
  /** Nothing came for too long. */
  | { readonly kind: "silent" }
  /** The connection broke, or ended within an event. */
  | { readonly kind: "cut"; readonly reason: string }
  | { readonly kind: "refused"; readonly answer: ApiAnswer }
  | { readonly kind: "error"; readonly reason: string }
  /** What came was no event, so one may have been missed. */
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "too-many"; readonly objectsMax: number };

/** @throws WeftError kubernetes-unavailable when it cannot be opened */
export async function watchObjects(request: WatchRequest): Promise<WatchOutcome> {
  const { client, path, signal } = request;
  const stream = await client.stream({ path, query: queryOf(request), signal });
  if (stream.kind === "refused") {
    const { answer } = stream;
    return answer.statusCode === 410 || isExpired(answer.body) ? { kind: "expired" } : { kind: "refused", answer };
  }
  request.onOpen();
  const watchdog = createWatchdog(request, stream.close);
  try {
    return await readEvents(request, stream.bytes, watchdog.feed);
  } catch (error) {
    return watchdog.hasBitten() ? { kind: "silent" } : { kind: "cut", reason: messageOf(error) };
  } finally {
    watchdog.end();
    stream.close();
  }
}

function queryOf({ resourceVersion, timeoutMs }: WatchRequest): Readonly<Record<string, string | number>> {
  return { watch: "true", resourceVersion, allowWatchBookmarks: "true", timeoutSeconds: Math.ceil(timeoutMs / 1000) };
}

async function readEvents(
  request: WatchRequest,
  bytes: AsyncIterable<Buffer>,
  feed: () => void,
): Promise<WatchOutcome> {
  const splitter = createLineSplitter(request.lineBytesMax);
  for await (const chunk of bytes) {
    feed();
    const lines = splitOrReject(() => splitter.push(chunk));
    if (typeof lines === "string") return { kind: "malformed", reason: lines };
    for (const line of lines) {
      const outcome = line.trim() === "" ? undefined : handleEvent(request, watchEventOf(line));
      if (outcome) return outcome;
    }
  }
  if (splitter.pendingBytes > 0) return { kind: "cut", reason: "the watch ended within a line" };
  return { kind: "ended" };
}

function splitOrReject(split: () => readonly string[]): readonly string[] | string {
  try {
    return split();
  } catch (error) {
    return messageOf(error);
  }
}

function handleEvent(request: WatchRequest, event: WatchEvent): WatchOutcome | undefined {
  if (event.kind === "expired" || event.kind === "error" || event.kind === "malformed") return event;
  return request.onChange(event);
}

/** Hangs up on a connection that says nothing for longer than the server keeps one open. */
function createWatchdog({ clock, timeoutMs, graceMs }: WatchRequest, hangUp: () => void) {
  let hasBitten = false;
  const bite = () => {
    hasBitten = true;
    hangUp();
  };
  let cancel = clock.after(timeoutMs + graceMs, bite);
  return {
    feed() {
      cancel();
      cancel = clock.after(timeoutMs + graceMs, bite);
    },
    end: () => cancel(),
    hasBitten: () => hasBitten,
  };
}
