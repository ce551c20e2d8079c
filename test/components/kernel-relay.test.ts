import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { socketFd } from "../../platform/system-calls/socket-fd.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { TcpInfo } from "../../platform/system-calls/tcp-info.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { findKernelHelp, type RelayedFlow, type RelayWorld, startRelay } from "./kernel-relay-setup.ts";
import { collect, digest, plan, seeded, send } from "./kernel-relay-traffic.ts";

const help = await findKernelHelp();

if (help.kind === "unavailable")
  describe("the kernel relay", () => {
    it.skip(`SKIPPED, since the kernel does not help: ${help.reason}`, () => {});
  });
else
  describe("the kernel relay", () => {
    let world: RelayWorld;
    beforeEach(async () => {
      world = await startRelay(help.calls);
    });
    afterEach(() => world.close());

    test("carries a talk, and counts it while it goes on as TCP does at both ends", async () => {
      const { client, server, flow } = await world.open();
      await talk(client, server, 299);
      world.kernel.count();
      const pulse = { hasHeard: false, hasSaid: false };
      flow.sockets[1].pulse = pulse;
      await talk(client, server, 1);
      world.kernel.count();
      // By which the watch for silent hosts goes.
      expect(pulse).toEqual({ hasHeard: true, hasSaid: true });
      expect(carriedBy(flow)).toBeGreaterThan(2 * 200 * 100);
      expect(flow.up.bytes).toBe(300 * 100);
      expect(flow.down.bytes).toBe(300 * 100);
      expect(flow.sentUp.bytes).toBe(flow.up.bytes);
      expect(flow.sentDown.bytes).toBe(flow.down.bytes);
      const info = new TcpInfo(help.calls);
      for (const end of [client, server]) {
        info.read(socketFd(end));
        expect(info.receivedByteCount).toBe(300 * 100);
        expect(info.sentByteCount - info.resentByteCount).toBe(300 * 100);
      }
    });

    test.each([
      { first: "client" as const, second: "server" as const },
      { first: "server" as const, second: "client" as const },
    ])("passes the end of the $first on alone, and what the $second says afterwards", async ({ first }) => {
      const { client, server, flow } = await world.open();
      await talk(client, server, 50);
      const [ender, other] = first === "client" ? [client, server] : [server, client];
      const last = randomBytes(3000);
      const got = collect(other);
      ender.end(last);
      expect(await got).toEqual(last);
      const answer = collect(ender);
      const rest = randomBytes(3_000_000);
      other.end(rest);
      expect(digest(await answer)).toBe(digest(rest));
      await flow.over;
      expect(flow.up.bytes + flow.down.bytes).toBe(50 * 200 + 3000 + 3_000_000);
      expect(flow.sentUp.bytes).toBe(flow.up.bytes);
      expect(flow.sentDown.bytes).toBe(flow.down.bytes);
    });

    test("loses and reorders nothing, whenever a flow ends and whatever is sent in whatever pieces", async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = seeded(seed);
      let carried = 0;
      for (let round = 0; round < 40; round++) {
        const flows = [await world.open(), await world.open(), await world.open(), await world.open()];
        await Promise.all(
          flows.map(async ({ client, server, flow }) => {
            // Some flows are in the kernel before, some get there while both talk.
            if (random() < 0.5) await talk(client, server, 12);
            const before = flow.up.bytes;
            const [up, down] = [plan(random), plan(random)];
            const got = Promise.all([collect(server), collect(client)]);
            await Promise.all([send(client, up, random), send(server, down, random)]);
            const [atServer, atClient] = await got;
            await flow.over;
            const where = `seed ${seed}, round ${round}`;
            expect(digest(atServer), where).toBe(digest(Buffer.concat(up)));
            expect(digest(atClient), where).toBe(digest(Buffer.concat(down)));
            expect(flow.up.bytes - atServer.length, where).toBe(before === 0 ? 0 : 1200);
            expect(flow.sentUp.bytes, where).toBe(flow.up.bytes);
            expect(flow.sentDown.bytes, where).toBe(flow.down.bytes);
            carried += carriedBy(flow);
          }),
        );
      }
      expect(world.kernel.enteredCount).toBeGreaterThan(20);
      expect(carried).toBeGreaterThan(100_000);
      expect(world.kernel.flowCount).toBe(0);
      expect(world.refusals).toEqual([]);
    });

    test("keeps no more for a reader that does not read than sockets do, and loses nothing of it", async () => {
      const { client, server, flow } = await world.open();
      await talk(client, server, 20);
      let offered = 0;
      const hash = createHash("sha256");
      const isStuck = async () => {
        const before = offered;
        await delay(100);
        return before === offered;
      };
      const fill = () => {
        while (client.writableLength === 0) {
          const piece = randomBytes(20_000);
          hash.update(piece);
          offered += piece.length;
          client.write(piece);
        }
      };
      client.on("drain", fill);
      fill();
      await waitUntil(isStuck, { what: "the reader holds the writer up", timeoutMs: 20_000 });
      // Twice the most that the kernel gives to a socket's two queues, of the three connections' ends.
      expect(offered).toBeLessThan(64_000_000);
      client.off("drain", fill);
      const got = collect(server);
      client.end();
      const bytes = await got;
      expect(bytes.length).toBe(offered);
      expect(digest(bytes)).toBe(hash.digest("hex"));
      world.kernel.count();
      expect(flow.up.bytes).toBe(offered + 2000);
      server.end();
    });

    test("lets one direction pass while the reader of the other does not read", async () => {
      const { client, server } = await world.open();
      await talk(client, server, 20);
      // A client that reads nothing before it has said all, to a server that answers at once.
      const said = randomBytes(30_000_000);
      server.on("data", (bytes: Buffer) => server.write(bytes));
      server.on("end", () => server.end());
      client.pause();
      for (let at = 0; at < said.length; at += 10_000) {
        if (!client.write(said.subarray(at, at + 10_000))) await once(client, "drain");
      }
      client.end();
      expect(digest(await collect(client))).toBe(digest(said));
    });

    test("hands a talk that becomes a bulk transfer on to user space, and takes it back afterwards", async () => {
      for (let round = 0; round < 5; round++) {
        const { client, server, flow } = await world.open();
        await talk(client, server, 20);
        const bulk = randomBytes(20_000_000);
        client.write(bulk);
        expect(digest(await take(server, bulk.length))).toBe(digest(bulk));
        const before = carriedBy(flow);
        await talk(client, server, 50);
        world.kernel.count();
        expect(carriedBy(flow)).toBeGreaterThan(before + 5000);
      }
    });

    test("keeps the order of what comes while the kernel is told of the flow", async () => {
      const said = { client: [] as Buffer[], server: [] as Buffer[] };
      let ends: Awaited<ReturnType<RelayWorld["open"]>> | undefined;
      let interruptions = 0;
      const say = (who: "client" | "server") => {
        const message = randomBytes(100);
        said[who].push(message);
        ends?.[who].write(message);
      };
      // Each call is the real one, with a message from either side that arrives right before it.
      const interrupted: SystemCalls = {
        ...help.calls,
        bpf: (command, attributes) => {
          if (ends !== undefined && interruptions++ < 30) for (const who of ["client", "server"] as const) say(who);
          return help.calls.bpf(command, attributes);
        },
      };
      const other = await startRelay(interrupted);
      ends = await other.open();
      const { client, server } = ends;
      const heard = { client: [] as Buffer[], server: [] as Buffer[] };
      client.on("data", (bytes: Buffer) => heard.server.push(bytes));
      server.on("data", (bytes: Buffer) => heard.client.push(bytes)).resume();
      const isAllHeard = () =>
        (["client", "server"] as const).every((who) => Buffer.concat(heard[who]).length === 100 * said[who].length);
      while (other.kernel.enteredCount === 0 || interruptions < 30) {
        for (const who of ["client", "server"] as const) {
          say(who);
          await waitUntil(isAllHeard, { what: "all is heard", timeoutMs: 5000, pollMs: 1 });
        }
        other.kernel.count();
      }
      await waitUntil(isAllHeard, { what: "the last is heard", timeoutMs: 5000, pollMs: 1 });
      for (const who of ["client", "server"] as const)
        expect(digest(Buffer.concat(heard[who]))).toBe(digest(Buffer.concat(said[who])));
      await other.close();
    });

    test("goes on where the kernel has delivered a moment after it was asked", async () => {
      let isLate = false;
      // The real answer, the first time one less: as when a byte is confirmed between two calls.
      const hesitant: SystemCalls = {
        ...help.calls,
        queryInteger: (fd, request) => {
          const answer = help.calls.queryInteger(fd, request) - (isLate ? 1 : 0);
          isLate = false;
          return answer;
        },
      };
      const other = await startRelay(hesitant);
      for (let round = 0; round < 4; round++) {
        const { client, server } = await other.open();
        await talk(client, server, 20 + round);
        const bulk = randomBytes(12_000_000);
        isLate = true;
        client.write(bulk);
        expect(digest(await take(server, bulk.length))).toBe(digest(bulk));
        expect(isLate).toBe(false);
      }
      expect(other.kernel.enteredCount).toBe(4);
      await other.close();
    });

    test.each(["client", "server"])("resets what the %s resets", async (who) => {
      const { client, server, flow } = await world.open();
      await talk(client, server, 50);
      const [resetter, other] = who === "client" ? [client, server] : [server, client];
      const failed = once(other, "error");
      other.resume();
      resetter.resetAndDestroy();
      const [error] = (await failed) as [NodeJS.ErrnoException];
      expect(error.code).toBe("ECONNRESET");
      await flow.over;
      expect(flow.group.isFailed).toBe(true);
      expect(world.kernel.flowCount).toBe(0);
    });

    test("fails a flow whose one end has said all and is gone, when the other goes on", async () => {
      const { client, server, flow } = await world.open();
      await talk(client, server, 50);
      const ended = once(client, "end");
      client.resume();
      server.end();
      await ended;
      server.destroy();
      const failed = once(client, "error");
      const timer = setInterval(() => client.write("more"), 5);
      await failed;
      clearInterval(timer);
      await flow.over;
      expect(flow.group.isFailed).toBe(true);
    });

    test("leaves what comes of its kind but for one in a full map to user space", async () => {
      const flows = [];
      for (let count = 0; count < 70; count++) flows.push(await world.open());
      for (const { client, server } of flows) await talk(client, server, 10);
      expect(world.kernel.flowCount).toBeLessThanOrEqual(64);
      expect(world.refusals.length).toBeGreaterThan(0);
      for (const { client, server } of flows) await talk(client, server, 10);
      for (const { flow } of flows) {
        world.kernel.count();
        expect(flow.up.bytes).toBe(2000);
      }
    });
  });

/** One message each way, again and again. */
async function talk(client: Socket, server: Socket, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await exchange(client, server);
    await exchange(server, client);
  }
}

async function exchange(from: Socket, to: Socket): Promise<void> {
  const message = randomBytes(100);
  from.write(message);
  const got = await take(to, message.length);
  if (!got.equals(message)) throw new Error("a message came through changed");
}

/** The next `byteCount` bytes. */
async function take(socket: Socket, byteCount: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let left = byteCount; left > 0; ) {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) await once(socket, "readable");
    else {
      pieces.push(bytes);
      left -= bytes.length;
    }
  }
  return Buffer.concat(pieces);
}

function carriedBy(flow: RelayedFlow): number {
  const [downstream, upstream] = flow.sockets;
  return flow.up.bytes - downstream.socket.bytesRead + flow.down.bytes - upstream.socket.bytesRead;
}
