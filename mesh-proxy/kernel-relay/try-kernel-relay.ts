/** Whether the kernel relays as it should: tried on a flow over loopback, since some kernels load the program and do not. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { listen } from "../relay/listen.ts";
import { ReadBuffers } from "../relay/read-buffers.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { KernelRelay, type KernelRelayOptions } from "./kernel-relay.ts";

const TIMEOUT_MS = 2000;
const BUFFER_BYTES = 4096;
/** Enough for a flow to be given to the kernel, and for more to go by it. */
const MESSAGES = 16;

/** @throws Error that says what does not work */
export async function tryKernelRelay(options: Omit<KernelRelayOptions, "onRefused">): Promise<void> {
  let refusal = "it took no flow";
  const onRefused = (reason: string) => {
    refusal = reason;
  };
  const kernel = new KernelRelay({ ...options, flowsMax: 1, onRefused });
  const accepted: ByteSocket[] = [];
  const listener = await listen({
    host: "127.0.0.1",
    port: 0,
    buffers: new ReadBuffers(BUFFER_BYTES),
    onConnection: (socket) => accepted.push(socket),
    onError: () => {},
  });
  const ends = [0, 1].map(() =>
    connect({ host: "127.0.0.1", port: listener.port, noDelay: true, allowHalfOpen: true }),
  );
  // Whoever waits for one of them hears of it; that the other fails with it is no news.
  for (const end of ends) end.on("error", () => {});
  const cancel = options.clock.after(TIMEOUT_MS, () => {
    for (const end of ends) end.destroy(new Error(`it relayed nothing within ${TIMEOUT_MS} ms`));
  });
  try {
    await Promise.all(ends.map((end) => once(end, "connect")));
    while (accepted.length < 2) await new Promise<void>((resolve) => options.clock.after(1, resolve));
    await talk(kernel, accepted, ends);
    if (kernel.enteredCount === 0) throw new Error(refusal);
  } finally {
    cancel();
    for (const end of ends) end.destroy();
    for (const socket of accepted) socket.destroy();
    await listener.close();
    kernel.stop();
  }
}

async function talk(kernel: KernelRelay, accepted: readonly ByteSocket[], ends: readonly Socket[]): Promise<void> {
  const [a, b] = accepted;
  const [left, right] = ends;
  if (a === undefined || b === undefined || left === undefined || right === undefined)
    throw new Error("no connections");
  const group = new SocketGroup();
  for (const socket of [a, b]) group.add(socket);
  const pump = kernel.pump([a, b], () => true);
  for (const socket of [a, b]) socket.resume();
  for (let message = 0; message < MESSAGES; message++) {
    const [from, to] = message % 2 === 0 ? [left, right] : [right, left];
    from.write(Uint8Array.of(message));
    const [bytes] = (await once(to, "data")) as [Buffer];
    if (bytes.length !== 1 || bytes[0] !== message) throw new Error("it relayed other bytes than came");
  }
  left.end();
  await once(right, "end");
  pump.count();
  if (kernel.enteredCount > 0 && pump.byteCount === 0) throw new Error("it took a flow, and relayed nothing of it");
}
