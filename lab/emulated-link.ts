/** A TCP relay that stands between a node and a pod elsewhere: it delays and queues bytes as the network between them would. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { arrivalMs, type LinkEnd } from "./link-shaper.ts";

export interface EmulatedLinkOptions {
  /** Where the relay listens, and the pod's own address; both on the same port. */
  readonly listenAddress: string;
  readonly podAddress: string;
  readonly port: number;
  /** Each way. */
  readonly latencyMs: number;
  /** What bytes pass on their way to the pod, and on their way back. */
  readonly towards: readonly LinkEnd[];
  readonly back: readonly LinkEnd[];
}

export interface EmulatedLink {
  close(): Promise<void>;
}

/** Bytes under way per connection and direction, beyond which the sender is held back. */
const IN_FLIGHT_BYTES_MAX = 1 << 20;

/** @throws WeftError listen-failed */
export async function startEmulatedLink(options: EmulatedLinkOptions): Promise<EmulatedLink> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    // The source address is what tells the pod's proxy who is calling.
    const pod = connect({
      host: options.podAddress,
      port: options.port,
      localAddress: client.remoteAddress ?? "",
      allowHalfOpen: true,
      noDelay: true,
    });
    for (const socket of [client, pod]) track(open, socket);
    join(client, pod, options);
  });
  await listen(server, options);
  return { close: () => closeAll(server, open) };
}

function join(client: Socket, pod: Socket, { towards, back, latencyMs }: EmulatedLinkOptions): void {
  for (const [from, to] of [
    [client, pod],
    [pod, client],
  ] as const) {
    from.once("error", () => to.destroy());
    from.once("close", (hadError) => hadError && to.destroy());
  }
  shape(client, pod, (bytes) => arrivalMs(towards, latencyMs, bytes, performance.now()));
  shape(pod, client, (bytes) => arrivalMs(back, latencyMs, bytes, performance.now()));
}

interface InFlight {
  readonly chunk: Buffer | "end";
  readonly dueMs: number;
}

/** Bytes keep their order: each chunk leaves when it is due and everything before it has left. */
function shape(from: Socket, to: Socket, dueMs: (bytes: number) => number): void {
  const queue: InFlight[] = [];
  let queuedBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const holdOrResume = () => {
    if (queuedBytes >= IN_FLIGHT_BYTES_MAX || to.writableNeedDrain) from.pause();
    else from.resume();
  };
  const deliver = () => {
    timer = undefined;
    const nowMs = performance.now();
    while (queue[0] && queue[0].dueMs <= nowMs) {
      const chunk = queue.shift()?.chunk ?? "end";
      if (chunk === "end") to.end();
      else {
        queuedBytes -= chunk.length;
        to.write(chunk);
      }
    }
    if (queue[0]) timer = setTimeout(deliver, queue[0].dueMs - nowMs);
    if (!from.destroyed) holdOrResume();
  };
  const enqueue = (chunk: Buffer | "end", bytes: number) => {
    queue.push({ chunk, dueMs: dueMs(bytes) });
    queuedBytes += bytes;
    timer ??= setTimeout(deliver, Math.max(0, (queue[0]?.dueMs ?? 0) - performance.now()));
    if (bytes > 0) holdOrResume();
  };

  from.on("data", (chunk: Buffer) => enqueue(chunk, chunk.length));
  from.on("end", () => enqueue("end", 0));
  to.on("drain", () => from.destroyed || holdOrResume());
  to.on("close", () => clearTimeout(timer));
}

function track(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.once("close", () => open.delete(socket));
}

async function listen(server: Server, { listenAddress, port }: EmulatedLinkOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, listenAddress, resolve);
  await promise.catch((cause: unknown) => {
    const where = `${listenAddress}:${port}`;
    throw new WeftError("listen-failed", `emulated link on ${where}: ${messageOf(cause)}`, { cause });
  });
}

async function closeAll(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of open) socket.destroy();
  await closed;
}
