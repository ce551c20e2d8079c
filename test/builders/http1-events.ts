/** Runs an HTTP/1 scanner over bytes cut into chunks, and says what it found in a form that two runs can be compared by. */
import { Buffer } from "node:buffer";
import { HTTP1_EVENT } from "../../mesh-proxy/codec/http1/http1-event.ts";
import type { Http1Scanner } from "../../mesh-proxy/codec/http1/http1-scanner.ts";
import { methodName } from "../../mesh-proxy/codec/http1/method.ts";

/** Neighbouring pieces of one body or tunnel are one entry. `cuts` are offsets into the bytes, in any order. */
export function http1Events(scanner: Http1Scanner, text: string, cuts: readonly number[] = []): string[] {
  const bytes = Buffer.from(text, "latin1");
  const events: string[] = [];
  for (const [start, end] of chunksOf(bytes.length, cuts)) {
    // A chunk of its own between foreign bytes shows whether the scanner keeps to its bounds.
    const chunk = Buffer.alloc(end - start + 6, "!");
    bytes.copy(chunk, 3, start, end);
    if (!scanChunk(scanner, chunk, { from: 3, to: 3 + end - start, events })) break;
  }
  return events;
}

export function chunksOf(length: number, cuts: readonly number[]): (readonly [number, number])[] {
  const inner = [...new Set(cuts.map((cut) => cut % (length + 1)))].sort((a, b) => a - b);
  const bounds = [0, ...inner, length];
  return bounds.slice(1).map((end, index) => [bounds[index] ?? 0, end] as const);
}

function scanChunk(
  scanner: Http1Scanner,
  chunk: Buffer,
  { from, to, events }: { readonly from: number; readonly to: number; readonly events: string[] },
): boolean {
  let offset = from;
  for (let calls = 0; calls < 4 * chunk.length + 10; calls++) {
    const event = scanner.next(chunk, offset, to);
    if (scanner.offset < offset || scanner.offset > to)
      throw new Error(`offset ${scanner.offset} is not in ${offset}..${to}`);
    offset = scanner.offset;
    if (event === HTTP1_EVENT.needMore) {
      if (offset !== to) throw new Error("needMore with bytes left");
      return true;
    }
    note(scanner, event, events);
    if (event === HTTP1_EVENT.held || event === HTTP1_EVENT.rejected) return false;
  }
  throw new Error("the scanner does not come to an end");
}

function note(scanner: Http1Scanner, event: number, events: string[]): void {
  const { head } = scanner;
  const piece = scanner.bytes.toString("latin1", scanner.from, scanner.to);
  const last = events.at(-1);
  switch (event) {
    case HTTP1_EVENT.head:
      events.push(
        `head ${head.statusCode === 0 ? methodName(head.method) : head.statusCode} #${scanner.sequence} ${piece}`,
      );
      break;
    case HTTP1_EVENT.body:
      if (last?.startsWith("body ") === true) events[events.length - 1] = last + piece;
      else events.push(`body ${piece}`);
      break;
    case HTTP1_EVENT.tunnel:
      if (last?.startsWith("tunnel ") === true) events[events.length - 1] = last + piece;
      else events.push(`tunnel ${piece}`);
      break;
    case HTTP1_EVENT.end:
      events.push(
        `end ${scanner.headByteCount}+${scanner.bodyByteCount} ${scanner.isKeepAlive ? "keep-alive" : "close"}`,
      );
      break;
    case HTTP1_EVENT.held:
      events.push("held");
      break;
    default:
      events.push(`rejected ${scanner.reason}`);
  }
}
