/** The kernel relay on a processor beside those it relays for: what happens at the same time is another thing each run. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import path from "node:path";
import { describe, expect, it, test } from "vitest";
import { findKernelHelp } from "./kernel-relay-setup.ts";
import { collect, digest, plan, seeded, send } from "./kernel-relay-traffic.ts";

const help = await findKernelHelp();
const flowsAtATime = 6;
const flowsEach = 20;

describe("the kernel relay beside what it relays", () => {
  if (help.kind === "unavailable") {
    it.skip(`SKIPPED, since the kernel does not help: ${help.reason}`, () => {});
    return;
  }

  test("loses and reorders nothing", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    const origin = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(origin, "listening");
    const program = path.join(import.meta.dirname, "kernel-relay-program.ts");
    const relay = fork(program, [String((origin.address() as AddressInfo).port)]);
    const [port] = (await once(relay, "message")) as [number];
    // Connections reach the origin in the order in which they are opened: one at a time.
    let opening = Promise.resolve();
    const open = () => {
      const opened = opening.then(async () => {
        const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
        const [server] = (await once(origin, "connection")) as [Socket];
        return { client, server };
      });
      opening = opened.then(() => {});
      return opened;
    };
    const carry = async () => {
      for (let flow = 0; flow < flowsEach; flow++) {
        const { client, server } = await open();
        const [up, down] = [plan(random), plan(random)];
        const got = Promise.all([collect(server), collect(client)]);
        await Promise.all([send(client, up, random), send(server, down, random)]);
        const [atServer, atClient] = await got;
        expect(digest(atServer), `seed ${seed}`).toBe(digest(Buffer.concat(up)));
        expect(digest(atClient), `seed ${seed}`).toBe(digest(Buffer.concat(down)));
      }
    };
    try {
      await Promise.all(Array.from({ length: flowsAtATime }, carry));
      relay.send("how much?");
      const [{ enteredCount, carriedByteCount }] = await once(relay, "message");
      expect(enteredCount).toBeGreaterThan(flowsAtATime);
      expect(carriedByteCount).toBeGreaterThan(50_000);
    } finally {
      relay.disconnect();
      origin.close();
    }
  });
});
