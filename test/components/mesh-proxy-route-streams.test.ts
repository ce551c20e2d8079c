/** What routes do to requests of HTTP/2, over real proxies. Node's http2 is client and server. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import * as grpc from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UpstreamBackend, UpstreamRule } from "../../core/model/mesh-snapshot.ts";
import { headerChangeOf } from "../../core/model/request-rule.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => unknown;

const listenPort = 15_010;
let mesh: TestMesh;
let client: TestPod;
let servers: TestPod[];

beforeEach(async () => {
  mesh = createTestMesh("127.77.93");
  client = await mesh.pod("client-0", { retriesPerSecondMin: 1000 });
  servers = [];
});
afterEach(() => mesh.stop());

async function service(name: string, ...pods: readonly OnStream[]): Promise<UpstreamBackend> {
  const endpoints = [];
  for (const [at, onStream] of pods.entries()) {
    const pod = await mesh.pod(`${name}-${at}`);
    const app = createServer();
    app.on("session", (session) => mesh.onStop(() => session.destroy()));
    app.on("sessionError", () => {});
    app.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on("error", () => {});
      onStream(stream, headers);
    });
    app.listen(0, pod.address);
    await once(app, "listening");
    mesh.onStop(() => app.close());
    servers.push(pod);
    endpoints.push(pod.endpoint((app.address() as { port: number }).port));
  }
  return { namespace: "core", service: name, weight: 1, endpoints };
}

async function route(...rules: readonly Partial<UpstreamRule>[]): Promise<void> {
  for (const pod of servers) await pod.apply({});
  const whole = rules.map((rule) => ({ route: "core/test", when: {}, backends: [], ...rule }));
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [], rules: whole })] });
}

function session(): ClientHttp2Session {
  const opened = connect(`http://${client.address}:${listenPort}`);
  opened.on("error", () => {});
  mesh.onStop(() => opened.destroy());
  return opened;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(over: ClientHttp2Session, headers: OutgoingHttpHeaders = {}, body?: string): Promise<Answer> {
  const stream = over.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let got: IncomingHttpHeaders = {};
  stream.on("response", (fields) => {
    got = fields;
  });
  let text = "";
  for await (const piece of stream) text += piece;
  return { status: got[":status"] as number | undefined, headers: got, body: text };
}

const says =
  (text: string): OnStream =>
  (stream) => {
    stream.respond({ ":status": 200 });
    stream.end(text);
  };
const busy: OnStream = (stream) => {
  stream.respond({ ":status": 503 });
  stream.end("busy");
};
const retry = { statusCodes: [503], retriesMax: 3, backoffMs: 1 };
const at = (value: string) => ({ http: { paths: [{ type: "Prefix", value }] } }) as const;
const retries = (outcome: string) => sumOf(client.proxy, "weft_retries_total", { outcome });

test("streams of one connection go by the first rule that holds, and are split by weight", async () => {
  const [v1, v2] = [await service("v1", says("v1")), await service("v2", says("v2"))];
  await route(
    { when: { http: { headers: [{ name: "x-canary", value: "1" }] } }, backends: [v2] },
    { when: at("/next"), backends: [v2] },
    {
      when: at("/both"),
      backends: [
        { ...v1, weight: 3 },
        { ...v2, weight: 1 },
      ],
    },
    { when: at("/v1"), backends: [v1] },
  );
  const over = session();
  const bodyOf = async (headers: OutgoingHttpHeaders) => (await ask(over, headers)).body;
  expect(await bodyOf({ ":path": "/v1" })).toBe("v1");
  expect(await bodyOf({ ":path": "/v1", "x-canary": "1" })).toBe("v2");
  expect(await bodyOf({ ":path": "/next/a?b" })).toBe("v2");
  const answers = await Promise.all(Array.from({ length: 400 }, () => bodyOf({ ":path": "/both" })));
  const part = answers.filter((answer) => answer === "v2").length / answers.length;
  // Five standard deviations.
  expect(Math.abs(part - 0.25)).toBeLessThan(0.11);
});

test("a backend sees the host, path and headers that its route wants, and the client what it wants of the answer", async () => {
  const backend = await service("v1", (stream, headers) => {
    stream.respond({ ":status": 200, "x-old": "1" });
    stream.end(JSON.stringify(headers));
  });
  const changes = {
    request: headerChangeOf({ set: [{ name: "X-Set", value: "new" }], remove: ["x-gone"] }),
    response: headerChangeOf({ add: [{ name: "X-New", value: "2" }], remove: ["x-old"] }),
    host: "udr.core",
    path: { type: "Prefix", prefix: "/nudm", value: "/nudr" },
  } as const;
  await route({ when: at("/nudm"), backends: [{ ...backend, changes }] });
  const asked = { ":path": "/nudm/a%20b?c", "x-set": "old", "x-gone": "1", "x-kept": "yes" };
  const { headers, body } = await ask(session(), asked);
  expect(JSON.parse(body)).toMatchObject({
    ":path": "/nudr/a%20b?c",
    ":authority": "udr.core",
    "x-set": "new",
    "x-kept": "yes",
  });
  expect(JSON.parse(body)).not.toHaveProperty("x-gone");
  expect([headers["x-new"], headers["x-old"]]).toEqual(["2", undefined]);
});

describe("a request whose answer is a failure", () => {
  test("goes to another instance, with its body", async () => {
    const bodies: string[] = [];
    const backend = await service("v1", busy, async (stream) => {
      let body = "";
      for await (const piece of stream) body += piece;
      bodies.push(body);
      says("fine")(stream, {});
    });
    await route({ backends: [backend], retry });
    const over = session();
    for (let count = 0; count < 20; count++) {
      const { status, body } = await ask(over, { ":method": "PUT" }, `body ${count}`);
      expect([status, body]).toEqual([200, "fine"]);
    }
    expect(bodies).toEqual(Array.from({ length: 20 }, (_, count) => `body ${count}`));
    expect(await retries("sent")).toBeGreaterThan(0);
    expect(await retries("recovered")).toBe(await retries("sent"));
  });

  test("or is none, since its stream was reset, goes there, too", async () => {
    const backend = await service("v1", (stream) => stream.close(2), says("fine"));
    await route({ backends: [backend], retry });
    const over = session();
    for (let count = 0; count < 10; count++) expect((await ask(over)).body).toBe("fine");
    expect(await retries("recovered")).toBeGreaterThan(0);
  });

  test("gives that answer when all retries fail", async () => {
    let count = 0;
    const backend = await service("v1", (stream, headers) => {
      count++;
      busy(stream, headers);
    });
    await route({ backends: [backend], retry });
    const { status, body } = await ask(session());
    expect([status, body, count]).toEqual([503, "busy", 4]);
    expect(await retries("exhausted")).toBe(1);
  });

  test("is not sent again when that is not safe", async () => {
    const backend = await service("v1", busy);
    await route({ backends: [backend], retry });
    expect((await ask(session(), { ":method": "POST" }, "once")).status).toBe(503);
    expect(await retries("not_repeatable")).toBe(1);
  });
});

describe("time", () => {
  test("of an attempt is over with 504, or another endpoint has it", async () => {
    const silent: OnStream = () => {};
    const [v1, v2] = [await service("v1", silent), await service("v2", silent, says("fine"))];
    await route(
      { when: at("/one"), backends: [v1], timeouts: { attemptMs: 50 } },
      { backends: [v2], timeouts: { attemptMs: 200 }, retry },
    );
    const over = session();
    expect((await ask(over, { ":path": "/one" })).status).toBe(504);
    for (let count = 0; count < 4; count++) expect((await ask(over)).body).toBe("fine");
  });

  test("of a request is over with all its attempts, and others on its connection go on", async () => {
    const slow: OnStream = (stream, headers) => {
      if (headers[":path"] === "/fast") says("fine")(stream, headers);
    };
    const backend = await service("v1", slow);
    await route({
      backends: [backend],
      timeouts: { requestMs: 700, attemptMs: 200 },
      retry: { ...retry, retriesMax: 10 },
    });
    const over = session();
    const late = ask(over);
    for (let count = 0; count < 5; count++) expect((await ask(over, { ":path": "/fast" })).body).toBe("fine");
    expect((await late).status).toBe(504);
  });

  test("that ends within a response breaks the stream off, here and there", async () => {
    let resetCode = -1;
    const backend = await service("v1", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("begun");
      stream.on("close", () => {
        resetCode = stream.rstCode;
      });
    });
    await route({ backends: [backend], timeouts: { requestMs: 500 } });
    const stream = session().request({ ":path": "/" });
    stream.on("error", () => {});
    stream.resume();
    await once(stream, "close");
    expect(stream.rstCode).toBe(8);
    await waitUntil(() => resetCode === 8, { what: "the backend is told", timeoutMs: 5000 });
  });
});

describe("a mirror", () => {
  /** Keeps what it is asked. */
  function keeping() {
    const kept: string[] = [];
    const onStream: OnStream = async (stream, headers) => {
      let body = "";
      for await (const piece of stream) body += piece;
      kept.push(`${headers[":method"]} ${headers[":path"]} ${headers["x-rule"]} ${body.length}`);
      stream.respond({ ":status": 200 });
      stream.end("answer");
    };
    return { kept, onStream };
  }
  const mirrorOf = ({ namespace, service: name, endpoints }: UpstreamBackend, percent = 100) => {
    return { namespace, service: name, endpoints, percent };
  };

  test("gets whole requests as they go on, and its answers go nowhere", async () => {
    const [main, shadow] = [keeping(), keeping()];
    const backend = await service("v1", main.onStream);
    const mirror = await service("v2", shadow.onStream);
    const changes = { request: headerChangeOf({ set: [{ name: "x-rule", value: "1" }] }) };
    await route({ backends: [{ ...backend, changes }], mirrors: [mirrorOf(mirror)] });
    const over = session();
    expect((await ask(over, { ":path": "/get" })).body).toBe("answer");
    for (const size of [0, 10, 60_000, 900_000])
      expect((await ask(over, { ":method": "POST", ":path": `/${size}` }, "x".repeat(size))).body).toBe("answer");
    await waitUntil(() => shadow.kept.length === 5, { what: "the copies", timeoutMs: 5000 });
    expect(shadow.kept.toSorted()).toEqual(main.kept.toSorted());
    expect(main.kept).toContain("GET /get 1 0");
    expect(await sumOf(client.proxy, "weft_route_events_total", { event: "mirrored" })).toBe(5);
  });

  test("that hangs, or is not there, holds nothing up, and what it loses is counted", async () => {
    const main = keeping();
    const backend = await service("v1", main.onStream);
    const hanging = await service("v2", (stream) => void stream.pause());
    const gone = { ...hanging, service: "v3", endpoints: hanging.endpoints.map((one) => ({ ...one, appPort: 1 })) };
    await route({ backends: [backend], mirrors: [mirrorOf(hanging), mirrorOf(gone)] });
    const over = session();
    for (let count = 0; count < 5; count++)
      expect((await ask(over, { ":method": "POST" }, "x".repeat(3_000_000))).body).toBe("answer");
    const lost = (reason: string) => sumOf(client.proxy, "weft_proxy_tap_losses_total", { reason });
    const isCounted = async () => (await lost("overrun")) >= 5;
    await waitUntil(isCounted, { what: "losses are counted", timeoutMs: 5000 });
    expect(await sumOf(client.proxy, "weft_proxy_tap_lost_bytes_total")).toBeGreaterThan(0);
  });
});

test("grpc-js goes by method, and understands what the proxy says", async () => {
  const echo: OnStream = (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  };
  const backend = await service("v1", echo);
  const changes = { response: headerChangeOf({ set: [{ name: "x-route", value: "1" }] }) };
  await route(
    { when: { http: { paths: [{ type: "Exact", value: "/a.S/Say" }] } }, backends: [{ ...backend, changes }] },
    { when: at("/a.S/Empty"), backends: [{ ...backend, endpoints: [] }] },
  );
  const over = new grpc.Client(`${client.address}:${listenPort}`, grpc.credentials.createInsecure());
  mesh.onStop(() => over.close());
  const bytes = (text: string) => Buffer.from(text);
  const call = (method: string) =>
    new Promise<string>((resolve) => {
      let metadata = new grpc.Metadata();
      const unary = over.makeUnaryRequest(method, bytes, String, "hello", (error, answer) =>
        resolve(error ? grpc.status[error.code] : `${answer} ${metadata.get("x-route")}`),
      );
      unary.on("metadata", (got) => {
        metadata = got;
      });
    });
  const answers = [await call("/a.S/Say"), await call("/a.S/Sing"), await call("/a.S/Empty")];
  expect(answers).toEqual(["hello 1", "UNIMPLEMENTED", "UNAVAILABLE"]);
});

describe("answers of the proxy itself", () => {
  test("redirect, abort, and say what no rule takes", async () => {
    const backend = await service("v1", says("v1"));
    await route(
      { when: at("/old"), redirect: { statusCode: 308, host: "new.core", path: { type: "Full", value: "/x" } } },
      { when: at("/abort"), backends: [backend], fault: { abort: { statusCode: 418, percent: 100 } } },
      { when: at("/delay"), backends: [backend], fault: { delay: { ms: 100, percent: 100 } } },
      { when: at("/nobody") },
      { when: at("/missing"), backends: [{ ...backend, endpoints: [], isMissing: true }] },
    );
    const over = session();
    const moved = await ask(over, { ":path": "/old?q", ":authority": "old.core:81" });
    expect([moved.status, moved.headers.location]).toEqual([308, "http://new.core:81/x?q"]);
    const statuses: unknown[] = [];
    for (const path of ["/abort", "/delay", "/nobody", "/missing", "/else"])
      statuses.push((await ask(over, { ":path": path })).status);
    expect(statuses).toEqual([418, 200, 500, 500, 404]);
    expect(await sumOf(client.proxy, "weft_route_events_total", { event: "delayed" })).toBe(1);
  });

  test("to gRPC are trailers only, with a status of its own", async () => {
    const backend = await service("v1", () => {});
    await route(
      { when: at("/a.S/Missing"), backends: [{ ...backend, endpoints: [], isMissing: true }] },
      { when: at("/a.S/Slow"), backends: [backend], timeouts: { requestMs: 50 } },
      { when: at("/a.S/Empty"), backends: [{ ...backend, endpoints: [] }] },
    );
    const over = session();
    const statuses: unknown[] = [];
    for (const path of ["/a.S/Missing", "/a.S/Slow", "/a.S/Empty", "/a.S/Else"]) {
      const grpc = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
      const { status, headers, body } = await ask(over, grpc, "");
      statuses.push([status, headers["grpc-status"], body]);
    }
    expect(statuses).toEqual([
      [200, "14", ""],
      [200, "4", ""],
      [200, "14", ""],
      [200, "12", ""],
    ]);
  });
});

describe("a request that is slow to be answered", () => {
  const hedge = { afterMs: 60 };
  const events = (event: string) => sumOf(client.proxy, "weft_route_events_total", { event });
  /** The first is asked, and the second, of weight 0, only what the first has had. */
  async function spareBehind(first: OnStream, second: OnStream, rule: Partial<UpstreamRule> = {}): Promise<void> {
    const backend = await service("v1", first, second);
    const endpoints = backend.endpoints.map((endpoint, index) => ({ ...endpoint, weight: 1 - index }));
    await route({ backends: [{ ...backend, endpoints }], hedge, ...rule });
  }

  test("is answered by another instance, with its body, and the first is told", async () => {
    const told = Promise.withResolvers<void>();
    await spareBehind(
      (stream) => stream.on("close", told.resolve),
      async (stream) => {
        let body = "";
        for await (const piece of stream) body += piece;
        stream.respond({ ":status": 200 });
        stream.end(body.toUpperCase());
      },
    );
    const over = session();
    for (const body of ["a", "b".repeat(10_000), ""])
      expect(await ask(over, { ":method": "PUT" }, body)).toMatchObject({ status: 200, body: body.toUpperCase() });
    await told.promise;
    expect([await events("hedged"), await events("overtaken")]).toEqual([3, 3]);
  });

  test("is answered by the first after all, where that one is sooner", async () => {
    const [second, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await spareBehind(
      async (stream) => {
        await second.promise;
        stream.respond({ ":status": 200 });
        stream.end("first");
      },
      (stream) => {
        stream.on("close", told.resolve);
        second.resolve();
      },
    );
    expect((await ask(session())).body).toBe("first");
    await told.promise;
    expect([await events("hedged"), await events("overtaken")]).toEqual([1, 0]);
  });

  test("is answered by the second when the first breaks off, and by the first when the second fails", async () => {
    const second = Promise.withResolvers<void>();
    const [reset, isSecondFailing] = [Promise.withResolvers<void>(), { now: false }];
    await spareBehind(
      async (stream) => {
        await second.promise;
        if (!isSecondFailing.now) {
          stream.close(2);
          reset.resolve();
          return;
        }
        setTimeout(() => {
          stream.respond({ ":status": 200 });
          stream.end("first");
        }, 150);
      },
      async (stream) => {
        second.resolve();
        await reset.promise;
        if (isSecondFailing.now) busy(stream, {});
        else setTimeout(() => says("second")(stream, {}), 50);
      },
      { retry: { ...retry, retriesMax: 1 } },
    );
    const over = session();
    expect((await ask(over)).body).toBe("second");
    isSecondFailing.now = true;
    expect((await ask(over)).body).toBe("first");
  });

  test("has two attempts at a time at most, and the second only once, whatever breaks off", async () => {
    const asked: ServerHttp2Stream[] = [];
    const secondIsAlone = Promise.withResolvers<void>();
    const instance: OnStream = async (stream) => {
      const place = asked.push(stream);
      if (place === 2) {
        asked[0]?.on("close", secondIsAlone.resolve);
        asked[0]?.session?.destroy();
        await secondIsAlone.promise;
        setTimeout(() => stream.session?.destroy(), 100);
      }
      if (place === 3) setTimeout(() => says("third")(stream, {}), 200);
    };
    await route({ backends: [await service("v1", instance, instance, instance, instance)], hedge });
    expect((await ask(session())).body).toBe("third");
    expect([asked.length, await events("hedged")]).toEqual([3, 1]);
  });

  test("is asked once where it is not idempotent", async () => {
    const late: OnStream = (stream) => void setTimeout(() => says("late")(stream, {}), 200);
    await spareBehind(late, says("second"));
    expect((await ask(session(), { ":method": "POST" }, "x")).body).toBe("late");
    expect(await events("hedged")).toBe(0);
  });
});
