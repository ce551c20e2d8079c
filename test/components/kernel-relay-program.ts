/** A relay as a program of its own, so that it runs beside what it relays for: `kernel-relay-program.ts PORT`, of what it dials. */
import { KernelRelay } from "../../mesh-proxy/kernel-relay/kernel-relay.ts";
import { dial } from "../../mesh-proxy/relay/dial.ts";
import { listen } from "../../mesh-proxy/relay/listen.ts";
import { ReadBuffers } from "../../mesh-proxy/relay/read-buffers.ts";
import { SocketGroup } from "../../mesh-proxy/relay/socket-group.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { loadSystemCalls } from "../../platform/system-calls/load-system-calls.ts";

const clock = createSystemClock();
const loaded = await loadSystemCalls();
if (loaded.kind === "unavailable") throw new Error(loaded.reason);
const kernel = new KernelRelay({ clock, calls: loaded.calls, flowsMax: 64, onRefused: () => {} });
const buffers = new ReadBuffers(65_536);
let carriedByteCount = 0;

const listener = await listen({
  host: "127.0.0.1",
  port: 0,
  buffers,
  onError: () => {},
  onConnection: async (downstream) => {
    const target = { host: "127.0.0.1", port: Number(process.argv[2]) };
    const result = await dial(target, { clock, buffers, connectTimeoutMs: 20_000 });
    if (result.kind === "failed") throw new Error(result.reason);
    const group = new SocketGroup();
    for (const socket of [downstream, result.socket]) group.add(socket);
    const pump = kernel.pump([downstream, result.socket], () => true);
    group.onEmpty = () => {
      carriedByteCount += pump.byteCount / 2;
    };
    for (const socket of [downstream, result.socket]) socket.resume();
  },
});
process.send?.(listener.port);
process.on("message", () => process.send?.({ enteredCount: kernel.enteredCount, carriedByteCount }));
process.on("disconnect", () => process.exit(0));
