import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { QuickSender } from "../../mesh-proxy/udp/quick-sender.ts";
import { waitUntil } from "../tools/wait-until.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function open(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", lookup: (host, _, done) => done(null, host, 4) });
  sockets.push(socket);
  await Promise.all([once(socket, "listening"), socket.bind(0, "127.0.0.1")]);
  return socket;
}

test("what is sent in one way arrives as what is sent in the other", async () => {
  const [from, to] = [await open(), await open()];
  const received: string[] = [];
  to.on("message", (bytes) => received.push(bytes.toString()));
  const sender = new QuickSender(from, () => {});
  const { port, address } = to.address();
  for (const text of ["first", "second", "third"])
    sender.send([Buffer.from(text), Buffer.from("!")], { port, address });
  await waitUntil(() => received.length === 3, { what: "all came", timeoutMs: 5000 });
  expect(received).toEqual(["first!", "second!", "third!"]);
});

test("Node keeps its handle where it is looked for, and makes a request once", async () => {
  const [from, to] = [await open(), await open()];
  const send = vi.spyOn(from, "send");
  const sender = new QuickSender(from, () => {});
  const { port, address } = to.address();
  for (let count = 0; count < 5; count++) sender.send([Buffer.from("x")], { port, address });
  expect(send).toHaveBeenCalledTimes(1);
});

test("an error is told in either way", async () => {
  const from = await open();
  const codes: (string | undefined)[] = [];
  const sender = new QuickSender(from, (error) => {
    if (error !== null) codes.push(error.code);
  });
  const to = { port: 9, address: "127.0.0.1" };
  sender.send([Buffer.alloc(65_508)], to);
  sender.send([Buffer.alloc(1)], to);
  sender.send([Buffer.alloc(65_508)], to);
  await waitUntil(() => codes.length === 2, { what: "both errors are told", timeoutMs: 5000 });
  expect(codes).toEqual(["EMSGSIZE", "EMSGSIZE"]);
});
