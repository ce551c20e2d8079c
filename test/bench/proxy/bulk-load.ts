/**
 * Sends as much as one connection takes: `bulk-load.ts HOST PORT`. Each message `{seconds}` is one run on a connection of its own,
 * answered with `{byteCount, seconds}`: up to when the origin says that it has them all.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";

export interface BulkRun {
  readonly seconds: number;
}

export interface BulkResult {
  readonly byteCount: number;
  readonly seconds: number;
}

const [host, port] = process.argv.slice(2);
const piece = Buffer.alloc(262_144, 7);

process.on("message", (run: BulkRun) => {
  send(run).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");

async function send({ seconds }: BulkRun): Promise<BulkResult> {
  const socket = connect({ host: host ?? "", port: Number(port), noDelay: true, allowHalfOpen: true });
  await once(socket, "connect");
  let said = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    said += text;
  });
  const startMs = performance.now();
  let byteCount = 0;
  while (performance.now() - startMs < 1000 * seconds) {
    byteCount += piece.length;
    if (!socket.write(piece)) await once(socket, "drain");
  }
  socket.end();
  await once(socket, "end");
  if (Number(said) !== byteCount) throw new Error(`${byteCount} bytes were sent, the origin has ${said}`);
  return { byteCount, seconds: (performance.now() - startMs) / 1000 };
}
