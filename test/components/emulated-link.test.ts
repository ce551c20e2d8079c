import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type EmulatedLink, startEmulatedLink } from "../../lab/emulated-link.ts";
import { linkEnd } from "../../lab/link-shaper.ts";

const [client, pod, relay] = ["127.1.200.1", "127.1.200.2", "127.64.200.2"];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test("bytes, half-close and the source address pass a link unchanged", async () => {
  const { port, seen } = await startHashingPod();
  const link = await startLink(port);
  const bytes = Buffer.alloc(3_000_000, "weft");
  const socket = connect({ host: relay, port, localAddress: client, allowHalfOpen: true });
  socket.end(bytes);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(seen).toEqual([client]);
  expect(link.towards.bytes).toBe(bytes.length);
});

test("a pod that is gone resets the caller instead of leaving it waiting", async () => {
  const { port, server } = await startHashingPod();
  await startLink(port);
  server.close();
  await once(server, "close");
  const socket = connect({ host: relay, port, localAddress: client });
  socket.on("error", () => {});
  await once(socket, "close");
  expect(socket.destroyed).toBe(true);
});

async function startHashingPod(): Promise<{ port: number; seen: (string | undefined)[]; server: Server }> {
  const seen: (string | undefined)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    seen.push(socket.remoteAddress);
    const hash = createHash("sha256");
    socket.on("data", (chunk) => hash.update(chunk));
    socket.on("end", () => socket.end(hash.digest("hex")));
  });
  server.listen(0, pod);
  await once(server, "listening");
  closing.push(() => server.close());
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : 0, seen, server };
}

async function startLink(port: number): Promise<EmulatedLink & { towards: ReturnType<typeof linkEnd> }> {
  const towards = linkEnd(100e6);
  const ends = { towards: [towards], back: [linkEnd(100e6)] };
  const link = await startEmulatedLink({ listenAddress: relay, podAddress: pod, port, latencyMs: 1, ...ends });
  closing.push(() => link.close());
  return { ...link, towards };
}
