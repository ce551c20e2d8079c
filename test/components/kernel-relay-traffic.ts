/** Traffic that finds out whether a relay keeps bytes and their order: pieces of many sizes, at any pace. */
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export function collect(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.removeAllListeners("readable");
  socket.on("data", (bytes: Buffer) => pieces.push(bytes));
  socket.resume();
  return new Promise((resolve, reject) => {
    socket.once("end", () => resolve(Buffer.concat(pieces)));
    socket.once("error", reject);
  });
}

/** Many small pieces, now and then a large one. */
export function plan(random: () => number): Buffer[] {
  return Array.from({ length: Math.floor(random() * 40) }, () =>
    randomBytes(1 + Math.floor(random() < 0.05 ? random() * 400_000 : random() * 2000)),
  );
}

export async function send(socket: Socket, pieces: readonly Buffer[], random: () => number): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    const pause = random();
    if (pause < 0.3) await delay(Math.floor(pause * 10));
    else if (pause < 0.6) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

export function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
