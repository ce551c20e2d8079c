/** A relay of two sockets without anything around it, by the kernel where it helps. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { KernelRelay } from "../../mesh-proxy/kernel-relay/kernel-relay.ts";
import type { ByteSocket } from "../../mesh-proxy/relay/byte-socket.ts";
import { dial } from "../../mesh-proxy/relay/dial.ts";
import { listen } from "../../mesh-proxy/relay/listen.ts";
import { ReadBuffers } from "../../mesh-proxy/relay/read-buffers.ts";
import { SocketGroup } from "../../mesh-proxy/relay/socket-group.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { loadSystemCalls } from "../../platform/system-calls/load-system-calls.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { waitUntil } from "../tools/wait-until.ts";

export type KernelHelp =
  | { readonly kind: "available"; readonly calls: SystemCalls }
  | { readonly kind: "unavailable"; readonly reason: string };

export async function findKernelHelp(): Promise<KernelHelp> {
  const loaded = await loadSystemCalls();
  if (loaded.kind === "unavailable") return loaded;
  try {
    relayWith(loaded.calls, () => {}).stop();
    return { kind: "available", calls: loaded.calls };
  } catch (error) {
    return { kind: "unavailable", reason: String(error) };
  }
}

export function relayWith(calls: SystemCalls, onRefused: (reason: string) => void): KernelRelay {
  return new KernelRelay({ clock: createSystemClock(), calls, flowsMax: 64, onRefused });
}

/** A flow of the relay: what its two sockets counted, when it is over. */
export interface RelayedFlow {
  readonly up: { bytes: number };
  readonly down: { bytes: number };
  readonly sentUp: { bytes: number };
  readonly sentDown: { bytes: number };
  readonly group: SocketGroup;
  readonly sockets: readonly [ByteSocket, ByteSocket];
  readonly over: Promise<void>;
}

export interface RelayWorld {
  readonly kernel: KernelRelay;
  readonly refusals: readonly string[];
  readonly flows: readonly RelayedFlow[];
  /** A connection through the relay, both its ends. One at a time. */
  open(): Promise<{ readonly client: Socket; readonly server: Socket; readonly flow: RelayedFlow }>;
  close(): Promise<void>;
}

export async function startRelay(calls: SystemCalls, bufferBytes = 65_536): Promise<RelayWorld> {
  const clock = createSystemClock();
  const refusals: string[] = [];
  const kernel = relayWith(calls, (reason) => refusals.push(reason));
  const buffers = new ReadBuffers(bufferBytes);
  const flows: RelayedFlow[] = [];
  const origin = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(origin, "listening");
  const listener = await listen({
    host: "127.0.0.1",
    port: 0,
    buffers,
    onConnection: (socket) => void relay(socket),
    onError: () => {},
  });

  async function relay(downstream: ByteSocket): Promise<void> {
    const { port } = origin.address() as AddressInfo;
    const result = await dial({ host: "127.0.0.1", port }, { clock, buffers, connectTimeoutMs: 2000 });
    if (result.kind === "failed") throw new Error(result.reason);
    const upstream = result.socket;
    const group = new SocketGroup();
    const over = Promise.withResolvers<void>();
    group.onEmpty = over.resolve;
    const counters = { up: { bytes: 0 }, down: { bytes: 0 }, sentUp: { bytes: 0 }, sentDown: { bytes: 0 } };
    downstream.attribute(counters.up, counters.sentDown);
    upstream.attribute(counters.down, counters.sentUp);
    for (const socket of [downstream, upstream]) group.add(socket);
    kernel.pump([downstream, upstream], () => true);
    flows.push({ ...counters, group, sockets: [downstream, upstream], over: over.promise });
    downstream.resume();
    upstream.resume();
  }

  return {
    kernel,
    refusals,
    flows,
    open: () => openThrough(origin, listener.port, flows),
    close: async () => {
      for (const { group } of flows) group.reset();
      await Promise.all(flows.map(({ over }) => over));
      kernel.stop();
      origin.close();
      await listener.close();
    },
  };
}

async function openThrough(origin: Server, port: number, flows: readonly RelayedFlow[]) {
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
  const [server] = (await once(origin, "connection")) as [Socket];
  server.setNoDelay(true);
  // Resets are what some tests are about; who waits for one listens, too.
  for (const end of [client, server]) end.on("error", () => {});
  if (client.connecting) await once(client, "connect");
  const isOurs = ({ sockets: [downstream] }: RelayedFlow) => downstream.socket.remotePort === client.localPort;
  await waitUntil(async () => flows.some(isOurs), { what: "the relay has dialled", timeoutMs: 5000, pollMs: 1 });
  const flow = flows.find(isOurs) as RelayedFlow;
  return { client, server, flow };
}
