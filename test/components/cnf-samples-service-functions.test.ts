/** Firewall, DPI and optimiser over real sockets, fed as the forwarder feeds them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { type SampleName, sampleCatalogue } from "../../cnf-samples/catalogue.ts";
import { endpointOf } from "../../cnf-samples/config-fields.ts";
import { objectText } from "../../cnf-samples/dn/rules.ts";
import type { RunningSample } from "../../cnf-samples/sample.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { testDeps } from "./cnf-samples-setup.ts";

const running: RunningSample[] = [];

afterEach(async () => {
  for (const sample of running.splice(0)) await sample.stop();
});

async function start(name: SampleName, config: object = {}): Promise<RunningSample> {
  const sample = await sampleCatalogue[name].start(
    { host: "127.0.0.1", port: 0, holdMsMax: 30_000, ...config },
    testDeps,
  );
  running.push(sample);
  return sample;
}

type Direction = "request" | "response";

function header(direction: Direction, port = 8080, source = [10, 60, 0, 1]): Buffer {
  const fixed = Buffer.from("0d0a0d0a000d0a515549540a21110010", "hex");
  const ports = Buffer.from([0x80, 1, port >> 8, port & 0xff]);
  const direction0 = Buffer.from([0xe2, 0, 1, direction === "request" ? 0 : 1]);
  return Buffer.concat([fixed, Buffer.from(source), Buffer.from([192, 0, 2, 1]), ports, direction0]);
}

function dial(sample: RunningSample): Socket {
  return connect({ ...endpointOf(`tcp://${sample.addresses.tcp}`), allowHalfOpen: true });
}

/** What comes back for bytes and an end; "reset" when the flow is refused. */
async function forward(sample: RunningSample, ...pieces: readonly Buffer[]): Promise<string> {
  const socket = dial(sample);
  const back = buffer(socket).then(
    (bytes) => bytes.toString("latin1"),
    () => "reset",
  );
  for (const piece of pieces) socket.write(piece);
  socket.end();
  return back;
}

const get = Buffer.from("GET / HTTP/1.1\r\nHost: video.example\r\n\r\n");

function jsonResponse(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe("the firewall", () => {
  const rules = [{ name: "no-telnet", destinationPorts: { from: 23, to: 23 }, source: "10.60.0.0/16", action: "deny" }];

  test("gives the bytes of an allowed flow back, without the header", async () => {
    const firewall = await start("firewall", { rules });
    expect(await forward(firewall, header("request"), get)).toBe(get.toString());
    expect(firewall.statistics()).toMatchObject({
      verdicts: { "default allow": 1 },
      bytesIn: get.length,
      bytesOut: get.length,
    });
  });

  test("resets a denied flow before it has sent anything, and names the rule", async () => {
    const firewall = await start("firewall", { rules });
    const socket = dial(firewall);
    socket.write(header("request", 23));
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    expect(firewall.statistics()).toMatchObject({ verdicts: { "no-telnet deny": 1 }, flowsDenied: 1 });
  });

  test("refuses what has no header, and lives on", async () => {
    const firewall = await start("firewall");
    expect(await forward(firewall, get)).toBe("reset");
    expect(await forward(firewall, Buffer.from(header("request").subarray(0, 20)))).toBe("reset");
    expect(firewall.statistics()).toMatchObject({ headersMalformed: 2 });
    expect(await forward(firewall, header("response"), get)).toBe(get.toString());
  });

  test("names the field of a rule that is wrong", async () => {
    const wrong = { rules: [{ name: "x", source: "10.0.0.0/40", action: "deny" }] };
    await expect(start("firewall", wrong)).rejects.toThrow("rules.0.source");
  });

  test("does not take more than it can give back", async () => {
    const firewall = await start("firewall");
    const socket = dial(firewall);
    socket.pause();
    socket.write(header("request"));
    const block = Buffer.alloc(1_048_576, "x");
    let isFull = false;
    for (let count = 0; count < 64 && !isFull; count++) {
      socket.write(block);
      isFull = await Promise.race([
        new Promise<false>((resolve) => socket.once("drain", () => resolve(false))),
        stalled(firewall),
      ]);
    }
    expect(isFull).toBe(true);
    socket.destroy();
  });
});

/** True once the function takes no more bytes. */
async function stalled(sample: RunningSample): Promise<true> {
  let before = -1;
  await waitUntil(
    () => {
      const now = Number(sample.statistics().bytesIn ?? 0);
      const isSame = now === before && now > 0;
      before = now;
      return isSame;
    },
    { what: "the function takes no more", timeoutMs: 20_000, pollMs: 100 },
  );
  return true;
}

describe("DPI", () => {
  test("counts applications on the way there, not on the way back", async () => {
    const dpi = await start("dpi");
    expect(await forward(dpi, header("request"), get)).toBe(get.toString());
    await forward(dpi, header("response"), Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
    await forward(dpi, header("request"), Buffer.from("SSH-2.0-x\r\n"));
    expect(dpi.statistics()).toMatchObject({ applications: { video: 1, ssh: 1 } });
  });

  test("blocks an application whose name comes in pieces, before a byte has passed", async () => {
    const dpi = await start("dpi", { blocked: ["video"] });
    expect(await forward(dpi, header("request"), get.subarray(0, 25), get.subarray(25))).toBe("reset");
    expect(dpi.statistics()).toMatchObject({ flowsBlocked: 1, bytesIn: expect.any(Number) });
    expect(dpi.statistics().bytesOut).toBeUndefined();
  });

  test("lets a flow go that stops half-way through its first words", async () => {
    const dpi = await start("dpi", { blocked: ["video"], holdMsMax: 20 });
    const socket = dial(dpi);
    socket.write(Buffer.concat([header("request"), Buffer.from("GE")]));
    const [chunk] = (await once(socket, "data")) as [Buffer];
    expect(chunk.toString()).toBe("GE");
    socket.destroy();
  });
});

describe("the optimiser", () => {
  const large = objectText(20_000);
  const small = JSON.stringify(JSON.parse(large));

  test("makes every JSON response of a connection smaller", async () => {
    const optimiser = await start("optimiser");
    const wire = Buffer.from(jsonResponse(large).repeat(5));
    const pieces = Array.from({ length: Math.ceil(wire.length / 3000) }, (_, index) =>
      wire.subarray(index * 3000, (index + 1) * 3000),
    );
    expect(await forward(optimiser, header("response"), ...pieces)).toBe(jsonResponse(small).repeat(5));
    expect(optimiser.statistics()).toMatchObject({ responses: 5, bodiesMinified: 5 });
  });

  test("does not touch requests", async () => {
    const optimiser = await start("optimiser");
    const post = `POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[ 1 ]`;
    expect(await forward(optimiser, header("request"), Buffer.from(post))).toBe(post);
  });

  test("lets half a body go when the other half is late", async () => {
    const optimiser = await start("optimiser", { holdMsMax: 20 });
    const wire = Buffer.from(jsonResponse(large));
    const socket = dial(optimiser);
    socket.write(Buffer.concat([header("response"), wire.subarray(0, 10_000)]));
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    await waitUntil(() => Buffer.concat(received).length === 10_000, { what: "the half", timeoutMs: 5000, pollMs: 5 });
    socket.end(wire.subarray(10_000));
    await once(socket, "end");
    expect(Buffer.concat(received).equals(wire)).toBe(true);
    socket.destroy();
  });

  test("works without a header where the ServiceFunction has none", async () => {
    const optimiser = await start("optimiser", { proxyProtocol: false });
    expect(await forward(optimiser, Buffer.from(jsonResponse(large)))).toBe(jsonResponse(small));
    expect(await forward(optimiser, get)).toBe(get.toString());
  });
});
