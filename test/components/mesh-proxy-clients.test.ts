/** Clients that others wrote, through two real proxies: curl, wrk, nghttp, h2load and grpc-js see what the application alone would show them. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createH2Server, type ServerHttp2Session } from "node:http2";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianProgram } from "../tools/debian-package.ts";
import { runCommand } from "../tools/run-command.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

const [http1Port, http2Port, grpcPort] = [15_010, 15_011, 15_012];
const limit = { timeoutMs: 30_000 };
let mesh: TestMesh;
let client: TestPod;
let server: TestPod;

beforeAll(async () => {
  mesh = createTestMesh("127.78.34");
  client = await mesh.pod("client-0");
  server = await mesh.pod("server-0");
  const ports = { http1: await http1App(), h2c: await http2App(), grpc: await grpcApp() };
  await server.apply({});
  const to = (listenPort: number, protocol: "http1" | "h2c", appPort: number) =>
    upstream({ listenPort, protocol, endpoints: [server.endpoint(appPort)] });
  await client.apply({
    upstreams: [to(http1Port, "http1", ports.http1), to(http2Port, "h2c", ports.h2c), to(grpcPort, "h2c", ports.grpc)],
  });
});
afterAll(() => mesh.stop());

/** Sends back what it gets, behind what it was asked. */
async function http1App(): Promise<number> {
  const app = createServer((request, response) => {
    response.writeHead(200, { "x-asked": `${request.method} ${request.url}` });
    request.pipe(response);
  });
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  return (app.address() as { port: number }).port;
}

async function http2App(): Promise<number> {
  const app = createH2Server((request, response) => {
    response.writeHead(200, { "x-asked": `${request.method} ${request.url}` });
    request.pipe(response);
  });
  const sessions = new Set<ServerHttp2Session>();
  app.on("session", (session: ServerHttp2Session) => sessions.add(session));
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    for (const session of sessions) session.destroy();
    app.close();
  });
  return (app.address() as { port: number }).port;
}

const asBytes = { serialize: (text: string) => Buffer.from(text), deserialize: (bytes: Buffer) => bytes.toString() };
const methodOf = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: asBytes.serialize,
  requestDeserialize: asBytes.deserialize,
  responseSerialize: asBytes.serialize,
  responseDeserialize: asBytes.deserialize,
});
const echo = {
  say: methodOf("/echo.Echo/Say", false, false),
  repeat: methodOf("/echo.Echo/Repeat", false, true),
  join: methodOf("/echo.Echo/Join", true, false),
  chat: methodOf("/echo.Echo/Chat", true, true),
};

async function grpcApp(): Promise<number> {
  const app = new grpc.Server();
  app.addService(echo, {
    say: (call: grpc.ServerUnaryCall<string, string>, answer: grpc.sendUnaryData<string>) => {
      if (call.request === "wait") return;
      if (call.request === "fail") answer({ code: grpc.status.NOT_FOUND, details: "no such subscriber" });
      else answer(null, call.request);
    },
    repeat: (call: grpc.ServerWritableStream<string, string>) => {
      for (let at = 0; at < 100; at++) call.write(`${call.request} ${at}`);
      call.end();
    },
    join: (call: grpc.ServerReadableStream<string, string>, answer: grpc.sendUnaryData<string>) => {
      const said: string[] = [];
      call.on("data", (text: string) => said.push(text));
      call.on("end", () => answer(null, said.join(" ")));
    },
    chat: (call: grpc.ServerDuplexStream<string, string>) => {
      call.on("data", (text: string) => call.write(text.toUpperCase()));
      call.on("end", () => call.end());
    },
  });
  const bind = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    app.bindAsync(`${server.address}:0`, bind, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  mesh.onStop(() => app.forceShutdown());
  return port;
}

const urlOf = (port: number, path = "/") => `http://${client.address}:${port}${path}`;

async function outputOf(command: string, ...args: readonly string[]): Promise<string> {
  const result = await runCommand(command, args, limit);
  if (result.kind === "failed") throw new Error(result.reason);
  return result.stdout;
}

/** Each test of a program that cannot be had is skipped by name. */
async function withProgram(name: string, debianPackage: string, tests: (path: string) => void): Promise<void> {
  const program = await debianProgram({ package: debianPackage, program: name, how: "install" });
  if (program.kind === "available") describe(name, () => tests(program.path));
  else test.skip(`SKIPPED, since there is no ${name}: ${program.reason}`, () => {});
}

await withProgram("curl", "curl", (curl) => {
  const ask = (...args: readonly string[]) => outputOf(curl, "--silent", "--show-error", "--fail", ...args);

  test.each([
    { name: "HTTP/1.1", port: http1Port, how: "--http1.1" },
    { name: "HTTP/2", port: http2Port, how: "--http2-prior-knowledge" },
  ])("asks over $name, with and without a body", async ({ port, how }) => {
    const body = "x".repeat(100_000);
    expect(await ask(how, "--write-out", "%header{x-asked}", urlOf(port, "/a?b=c"))).toBe("GET /a?b=c");
    expect(await ask(how, "--data", body, urlOf(port))).toBe(body);
    expect(await ask(how, "--head", urlOf(port, "/h"))).toContain("x-asked: HEAD /h");
  });

  // Not over HTTP/2: curl 7.88 fails there on a kept connection, proxies or none.
  test("asks again over a connection that it kept", async () => {
    const written = "%header{x-asked} %{num_connects}\n";
    const urls = ["/a", "/b"].map((path) => urlOf(http1Port, path));
    expect(await ask("--write-out", written, ...urls)).toBe("GET /a 1\nGET /b 0\n");
  });

  test("waits for leave to send its body, and chunks it", async () => {
    const [expectation, chunked] = ["Expect: 100-continue", "Transfer-Encoding: chunked"];
    const body = "y".repeat(100_000);
    const seen = await ask("--http1.1", "--verbose", "--stderr", "-", "--header", expectation, "--header", chunked, "--data", body, urlOf(http1Port)); // biome-ignore format: short
    expect(seen).toContain("HTTP/1.1 100 Continue");
    expect(seen).toContain(body);
  });
});

await withProgram("wrk", "wrk", (wrk) => {
  test("keeps eight connections busy", async () => {
    const report = await outputOf(wrk, "--threads", "1", "--connections", "8", "--duration", "1s", urlOf(http1Port));
    expect(report).toMatch(/\d+ requests in /);
    expect(report).not.toMatch(/Socket errors|Non-2xx/);
  });
});

await withProgram("nghttp", "nghttp2-client", (nghttp) => {
  test("asks 50 times over one connection", async () => {
    const report = await outputOf(nghttp, "--null-out", "--stat", "--multiply=50", urlOf(http2Port));
    expect(report.match(/ 200 .* \/$/gm)).toHaveLength(50);
  });
});

await withProgram("h2load", "nghttp2-client", (h2load) => {
  test("has 4,000 requests answered, 32 at a time on each of four connections", async () => {
    const report = await outputOf(h2load, "-n", "4000", "-c", "4", "-m", "32", urlOf(http2Port));
    expect(report).toContain("4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout");
    expect(report).toContain("status codes: 4000 2xx");
  });
});

describe("grpc-js", () => {
  const Echo = grpc.makeGenericClientConstructor(echo, "echo");
  let stub: InstanceType<typeof Echo>;

  beforeAll(() => {
    stub = new Echo(`${client.address}:${grpcPort}`, grpc.credentials.createInsecure());
  });
  afterAll(() => stub.close());

  function say(text: string, deadlineMs = 10_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs };
      const answered = (error: grpc.ServiceError | null, answer: string) => (error ? reject(error) : resolve(answer));
      stub.say?.(text, new grpc.Metadata(), options, answered);
    });
  }

  async function all(stream: AsyncIterable<string>): Promise<string[]> {
    const said: string[] = [];
    for await (const text of stream) said.push(text);
    return said;
  }

  test("is answered, told of errors, and gives up in time", async () => {
    expect(await say("hello")).toBe("hello");
    await expect(say("fail")).rejects.toMatchObject({ code: grpc.status.NOT_FOUND, details: "no such subscriber" });
    await expect(say("wait", 200)).rejects.toMatchObject({ code: grpc.status.DEADLINE_EXCEEDED });
    const failed = { grpc_response_status: "5", reporter: "source" };
    await expect.poll(() => sumOf(client.proxy, "istio_requests_total", failed)).toBe(1);
  });

  test("streams either way and both ways", async () => {
    const repeated = await all(stub.repeat?.("again") as unknown as AsyncIterable<string>);
    expect(repeated).toEqual(Array.from({ length: 100 }, (_, at) => `again ${at}`));
    const joined = await new Promise((resolve, reject) => {
      const call = stub.join?.((error: grpc.ServiceError | null, answer: string) => (error ? reject(error) : resolve(answer))) as unknown as grpc.ClientWritableStream<string>; // biome-ignore format: short
      for (const text of ["one", "two", "three"]) call.write(text);
      call.end();
    });
    expect(joined).toBe("one two three");
    const chat = stub.chat?.() as unknown as grpc.ClientDuplexStream<string, string>;
    chat.write("a");
    expect((await once(chat, "data"))[0]).toBe("A");
    chat.write("b");
    chat.end();
    expect(await all(chat)).toEqual(["B"]);
  });

  test("has a thousand calls answered at once", async () => {
    const texts = Array.from({ length: 1000 }, (_, at) => String(at));
    expect(await Promise.all(texts.map((text) => say(text)))).toEqual(texts);
  });
});
