import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { constants } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { DatagramVector } from "./datagram-vector.ts";
import { loadSystemCalls } from "./load-system-calls.ts";
import { datagramFd } from "./socket-fd.ts";
import type { SystemCalls } from "./system-calls.ts";

const loaded = await loadSystemCalls();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

const loopback = 0x7f000001;

async function open(): Promise<{ readonly socket: Socket; readonly port: number; readonly fd: number }> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  await Promise.all([once(socket, "listening"), socket.bind(0, "127.0.0.1")]);
  return { socket, port: socket.address().port, fd: datagramFd(socket) };
}

describe.skipIf(loaded.kind === "unavailable")("datagrams in one call", () => {
  const { calls } = loaded as { calls: SystemCalls };
  const vector = (slotBytes = 2048) => new DatagramVector(calls, { slotCount: 4, slotBytes });

  test("come as they were put together, with who sent them", async () => {
    const [from, to] = [await open(), await open()];
    const [outgoing, incoming] = [vector(), vector()];
    for (const [slot, text] of ["a", "", "c".repeat(2000)].entries())
      outgoing.put(slot, [Buffer.from("h"), Buffer.from(text)], loopback, to.port);
    expect(outgoing.send(from.fd, 0, 3)).toBe(3);
    // Node reads nothing before the next turn of its loop.
    expect(incoming.receive(to.fd)).toBe(3);
    const got = [0, 1, 2].map((slot) => [incoming.payloadAt(slot).toString(), incoming.addressAt(slot), incoming.portAt(slot)]); // biome-ignore format: short
    expect(got).toEqual(["ha", "h", `h${"c".repeat(2000)}`].map((text) => [text, loopback, from.port]));
    expect(incoming.isCutAt(2)).toBe(false);
    expect(incoming.receive(to.fd)).toBe(-constants.errno.EAGAIN);
  });

  test("that are connected need no address, and some can be sent later than others", async () => {
    const [from, to] = [await open(), await open()];
    await Promise.all([once(from.socket, "connect"), from.socket.connect(to.port, "127.0.0.1")]);
    const [outgoing, incoming] = [vector(), vector()];
    for (let slot = 0; slot < 4; slot++) outgoing.put(slot, [Buffer.from(String(slot))], -1, 0);
    expect([outgoing.send(from.fd, 2, 4), outgoing.send(from.fd, 0, 1)]).toEqual([2, 1]);
    expect(incoming.receive(to.fd)).toBe(3);
    expect([0, 1, 2].map((slot) => incoming.payloadAt(slot).toString())).toEqual(["2", "3", "0"]);
    expect(outgoing.putAt(3).toString()).toBe("3");
  });

  test("that find no room are known to be cut", async () => {
    const [from, to] = [await open(), await open()];
    const outgoing = vector();
    const incoming = vector(8);
    outgoing.put(0, [Buffer.from("123456789")], loopback, to.port);
    outgoing.send(from.fd, 0, 1);
    expect([incoming.receive(to.fd), incoming.isCutAt(0)]).toEqual([1, true]);
    outgoing.put(0, [Buffer.from("12345678")], loopback, to.port);
    outgoing.send(from.fd, 0, 1);
    expect([incoming.receive(to.fd), incoming.isCutAt(0), incoming.payloadAt(0).toString()]).toEqual([
      1,
      false,
      "12345678",
    ]);
  });

  test("tell an error's number, of the first only", async () => {
    const from = await open();
    const outgoing = vector(70_000);
    outgoing.put(0, [Buffer.alloc(1)], loopback, 9);
    outgoing.put(1, [Buffer.alloc(65_600)], loopback, 9);
    expect(outgoing.send(from.fd, 0, 2)).toBe(1);
    expect(outgoing.send(from.fd, 1, 2)).toBe(-constants.errno.EMSGSIZE);
  });
});
