import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorName } from "./error-name.ts";
import { loadSystemCalls } from "./load-system-calls.ts";
import { socketFd } from "./socket-fd.ts";
import {
  originalDestination,
  readSocketAddress,
  SIOCINQ,
  SIOCOUTQ,
  SO_RCVLOWAT,
  SOL_SOCKET,
  setIntegerOption,
  socketCookie,
  socketMemory,
} from "./socket-options.ts";
import type { SystemCalls } from "./system-calls.ts";
import { TCP_STATE, TcpInfo } from "./tcp-info.ts";

const loaded = await loadSystemCalls();

test("this machine offers system calls, or says why not", () => {
  if (loaded.kind === "unavailable") expect(loaded.reason).toMatch(/koffi|not/);
  else expect(loaded.calls.addressOf(Buffer.alloc(8))).toBeGreaterThan(0n);
});

test("other systems have none", async () => {
  const elsewhere = await loadSystemCalls({ platform: "darwin", arch: "arm64" });
  expect(elsewhere).toEqual({
    kind: "unavailable",
    reason: "system calls are known for Linux on x64 and arm64, not darwin arm64",
  });
});

test("errors have names", () => {
  expect(errorName(-constants.errno.EPERM)).toBe("EPERM");
  expect(errorName(constants.errno.ENOENT)).toBe("ENOENT");
  expect(errorName(-524)).toBe("error 524");
});

test("socket addresses are read in network byte order", () => {
  expect(readSocketAddress(Buffer.from("02001f90c0a80107", "hex"))).toEqual({ address: "192.168.1.7", port: 8080 });
  const v6 = Buffer.concat([
    Buffer.from("0a00005000000000", "hex"),
    Buffer.alloc(15),
    Buffer.from([1]),
    Buffer.alloc(4),
  ]);
  expect(readSocketAddress(v6)).toEqual({ address: "0:0:0:0:0:0:0:1", port: 80 });
  expect(readSocketAddress(Buffer.alloc(28))).toBeUndefined();
});

describe.skipIf(loaded.kind === "unavailable")(`of a connection ${reasonOf()}`, () => {
  const { calls } = loaded as { calls: SystemCalls };
  let server: Server;
  let client: Socket;
  let accepted: Socket;

  beforeAll(async () => {
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    client = connect((server.address() as { port: number }).port, "127.0.0.1");
    [accepted] = (await once(server, "connection")) as [Socket];
    await once(client, "connect");
  });

  afterAll(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });

  test("sockets have cookies of their own", () => {
    const cookies = [client, accepted].map((socket) => socketCookie(calls, socketFd(socket)));
    expect(new Set(cookies).size).toBe(2);
    expect(cookies.every((cookie) => cookie > 0n)).toBe(true);
    expect(socketCookie(calls, -1)).toBe(BigInt(-constants.errno.EBADF));
  });

  test("TCP says how many bytes went which way", async () => {
    const info = new TcpInfo(calls);
    expect(info.read(socketFd(client))).toBe(0);
    const before = info.ackedByteCount;
    await new Promise<void>((resolve) => client.write(Buffer.alloc(1234), () => resolve()));
    expect(calls.queryInteger(socketFd(accepted), SIOCINQ)).toBe(1234);
    expect(info.read(socketFd(accepted))).toBe(0);
    expect(info.receivedByteCount).toBe(1234);
    expect(info.state).toBe(TCP_STATE.established);
    expect(info.read(socketFd(client))).toBe(0);
    expect(info.sentByteCount - info.resentByteCount + info.unsentByteCount).toBe(1234);
    expect(info.ackedByteCount + calls.queryInteger(socketFd(client), SIOCOUTQ)).toBe(before + 1234);
    expect(info.read(-1)).toBe(-constants.errno.EBADF);
  });

  test("bytes are received without Node, and without waiting", () => {
    const into = Buffer.alloc(2000);
    expect(calls.receive(socketFd(accepted), into)).toBe(1234);
    expect(calls.receive(socketFd(accepted), into)).toBe(-constants.errno.EAGAIN);
  });

  test("options are set, and refused, by number", () => {
    expect(setIntegerOption(calls, socketFd(client), SOL_SOCKET, SO_RCVLOWAT, 1)).toBe(0);
    expect(setIntegerOption(calls, socketFd(client), SOL_SOCKET, 9999, 1)).toBe(-constants.errno.ENOPROTOOPT);
    const memory = socketMemory(calls, socketFd(client));
    expect(memory).toEqual({ sendLimit: expect.any(Number), sendQueued: expect.any(Number) });
    expect((memory as { sendLimit: number }).sendLimit).toBeGreaterThan(4096);
  });

  test("a connection that nothing redirected has no original destination", () => {
    expect(originalDestination(calls, socketFd(accepted), "IPv4")).toBeLessThan(0);
  });

  test("bpf(2) answers with the number of an error", () => {
    expect(calls.bpf(9999, Buffer.alloc(128))).toBeLessThan(0);
  });
});

function reasonOf(): string {
  return loaded.kind === "unavailable" ? `(skipped: ${loaded.reason})` : "";
}
