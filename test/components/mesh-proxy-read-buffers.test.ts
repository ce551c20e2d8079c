/** Sockets give their read buffers up while they are idle, to each other: what passes stays what it was. */
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ByteSocket } from "../../mesh-proxy/relay/byte-socket.ts";
import { dial } from "../../mesh-proxy/relay/dial.ts";
import { listen } from "../../mesh-proxy/relay/listen.ts";
import { pump } from "../../mesh-proxy/relay/pump.ts";
import { ReadBuffers } from "../../mesh-proxy/relay/read-buffers.ts";
import { clock, tcpServer } from "./mesh-proxy-setup.ts";

const host = "127.77.75.1";
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Joins each connection with one to an echo. @returns its port */
async function openRelay(buffers: ReadBuffers): Promise<number> {
  const echo = await tcpServer(host, (socket) => socket.pipe(socket));
  const relay = await listen({
    ...{ host, port: 0, buffers },
    onError: () => {},
    onConnection: async (down) => {
      const up = await dial({ host, port: echo.port }, { clock, buffers, connectTimeoutMs: 5000 });
      if (up.kind === "failed") return down.reset();
      join(down, up.socket);
    },
  });
  stops.push(echo.close, () => relay.close());
  return relay.port;
}

function join(down: ByteSocket, up: ByteSocket): void {
  pump(down, up);
  pump(up, down);
  down.onClosed = () => up.reset();
  up.onClosed = () => down.reset();
  down.resume();
  up.resume();
}

/** Sends pieces of all sizes with rests between them, reads slowly at times. @returns whether the same came back */
async function exchange(port: number, seed: number): Promise<boolean> {
  const socket = connect({ host, port, noDelay: true });
  stops.push(() => socket.destroy());
  const [sent, received] = [createHash("sha256"), createHash("sha256")];
  const done = receive(socket, received, seed);
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  for (let piece = 0; piece < 40; piece++) {
    const size = Math.ceil(10 ** (random() * 5.3));
    const bytes = Buffer.alloc(size, `${seed} ${piece} `);
    sent.update(bytes);
    if (!socket.write(bytes)) await once(socket, "drain");
    if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, 8 * random()));
  }
  socket.end();
  await done;
  return sent.digest("hex") === received.digest("hex");
}

async function receive(socket: Socket, hash: Hash, seed: number): Promise<void> {
  let count = 0;
  for await (const bytes of socket) {
    hash.update(bytes as Buffer);
    if (seed % 3 === 0 && ++count % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("many flows of all sizes stay what they are while buffers go from one to another all the time", async () => {
  const buffers = new ReadBuffers(65_536);
  const port = await openRelay(buffers);
  stops.push(clock.every(1, () => buffers.giveUpIdle()));
  const flows = Array.from({ length: 24 }, (_, seed) => exchange(port, seed + 1));
  expect(await Promise.all(flows)).toEqual(flows.map(() => true));
}, 30_000);

class CountingBuffers extends ReadBuffers {
  lentCount = 0;

  override takeFor(neededBytes: number): Buffer {
    this.lentCount++;
    return super.takeFor(neededBytes);
  }

  override giveBack(buffer: Buffer): void {
    this.lentCount--;
    super.giveBack(buffer);
  }
}

test("an idle socket has no buffer, and finds one again", async () => {
  const buffers = new CountingBuffers(65_536);
  const port = await openRelay(buffers);
  const sockets = Array.from({ length: 10 }, () => connect({ host, port }));
  for (const socket of sockets) stops.push(() => socket.destroy());
  const ask = async (socket: Socket, size: number) => {
    socket.write(Buffer.alloc(size));
    for (let left = size; left > 0; ) left -= ((await once(socket, "data"))[0] as Buffer).length;
  };
  await Promise.all(sockets.map((socket) => ask(socket, 100_000)));
  // What came last in many bytes waits for more.
  await Promise.all(sockets.map((socket) => ask(socket, 10)));
  expect(buffers.lentCount).toBe(20);
  buffers.giveUpIdle();
  expect(buffers.lentCount).toBe(20);
  buffers.giveUpIdle();
  expect(buffers.lentCount).toBe(0);
  await Promise.all(sockets.map((socket) => ask(socket, 10)));
  expect(buffers.lentCount).toBe(20);
});

test("bytes that somebody still needs are given to nobody else", async () => {
  const buffers = new CountingBuffers(65_536);
  const accepted = Promise.withResolvers<ByteSocket>();
  const listener = await listen({
    ...{ host, port: 0, buffers },
    onError: () => {},
    onConnection: (socket) => accepted.resolve(socket),
  });
  stops.push(() => listener.close());
  const client = connect({ host, port: listener.port });
  stops.push(() => client.destroy());
  const socket = await accepted.promise;
  const held = Promise.withResolvers<Buffer>();
  socket.onBytes = (bytes, from, to) => {
    held.resolve(bytes.subarray(from, to));
    return false;
  };
  socket.resume();
  client.write("kept");
  const bytes = await held.promise;
  for (let look = 0; look < 3; look++) buffers.giveUpIdle();
  expect(buffers.takeFor(4).buffer).not.toBe(bytes.buffer);
  expect(String(bytes)).toBe("kept");
  expect(socket).toBeInstanceOf(ByteSocket);
});
