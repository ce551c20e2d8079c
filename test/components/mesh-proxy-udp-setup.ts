/** Clients and applications that speak UDP, on real sockets. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { waitUntil } from "../tools/wait-until.ts";
import type { TestMesh } from "./mesh-proxy-setup.ts";

export interface UdpApp {
  readonly port: number;
  readonly socket: Socket;
  /** In the order in which they came. */
  readonly received: { readonly bytes: Buffer; readonly from: RemoteInfo }[];
  close(): Promise<void>;
}

/** @param answer what it says to each datagram; undefined is nothing */
export async function udpApp(
  mesh: TestMesh,
  host: string,
  answer: (bytes: Buffer) => Buffer | undefined = (bytes) => bytes,
  port = 0,
): Promise<UdpApp> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  const received: UdpApp["received"] = [];
  socket.on("message", (bytes, from) => {
    received.push({ bytes, from });
    const said = answer(bytes);
    if (said !== undefined) socket.send(said, from.port, from.address);
  });
  socket.bind(port, host);
  await once(socket, "listening");
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    socket.close();
    await once(socket, "close");
  };
  mesh.onStop(close);
  return { port: socket.address().port, socket, received, close };
}

export interface UdpClient {
  readonly port: number;
  readonly answers: Buffer[];
  send(bytes: Buffer | string): void;
  /** Sends once, and waits for the next answer. */
  ask(bytes: Buffer | string): Promise<Buffer>;
  /** Sends again and again until an answer comes. */
  insist(bytes: Buffer | string): Promise<Buffer>;
}

export async function udpClient(mesh: TestMesh, to: { readonly host: string; readonly port: number }) {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  const answers: Buffer[] = [];
  socket.on("message", (bytes) => answers.push(bytes));
  socket.on("error", () => {});
  socket.bind(0, to.host);
  await once(socket, "listening");
  let isClosed = false;
  mesh.onStop(() => {
    isClosed = true;
    socket.close();
  });
  const send = (bytes: Buffer | string) => {
    if (!isClosed) socket.send(bytes, to.port, to.host);
  };
  const client: UdpClient = {
    port: socket.address().port,
    answers,
    send,
    ask(bytes) {
      const seen = answers.length;
      send(bytes);
      return waitUntil(() => answers[seen], { what: "an answer came", timeoutMs: 10_000, pollMs: 2 });
    },
    insist(bytes) {
      const seen = answers.length;
      const check = () => {
        if (answers.length === seen) send(bytes);
        return answers[seen];
      };
      return waitUntil(check, { what: "an answer came", timeoutMs: 10_000 });
    },
  };
  return client;
}
