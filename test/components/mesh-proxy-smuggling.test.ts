/** Requests that two readers could take differently never reach an application whole, through two real proxies. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ambiguousRequests } from "../builders/ambiguous-requests.ts";
import { createTestMesh, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15_010;
let mesh: TestMesh;
let client: TestPod;
/** Of requests that came whole, as the application read them. */
let taken: string[];

beforeAll(async () => {
  mesh = createTestMesh("127.78.33");
  client = await mesh.pod("client-0");
  const server = await mesh.pod("server-0");
  const app = createServer((request: IncomingMessage, response) => {
    request.on("end", () => {
      taken.push(`${request.method} ${request.url}`);
      response.end("taken");
    });
    request.on("error", () => {});
    request.resume();
  });
  app.on("clientError", (_, socket) => socket.destroy());
  app.listen(0, server.address);
  await once(app, "listening");
  mesh.onStop(() => {
    app.closeAllConnections();
    app.close();
  });
  const { port } = app.address() as { port: number };
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [server.endpoint(port)] })] });
});
afterAll(() => mesh.stop());

/** Everything that comes back until the connection ends. */
async function exchange(text: string): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort });
  socket.on("error", () => {});
  socket.write(text, "latin1");
  let answer = "";
  socket.on("data", (bytes: Buffer) => {
    answer += bytes.toString("latin1");
  });
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

/** What an attacker hopes to have answered as a request of somebody else's. */
const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

test.each(ambiguousRequests)("$name", async ({ text }) => {
  taken = [];
  const answer = await exchange(text + hidden);
  expect(answer).toMatch(/^(HTTP\/1\.1 400 |$)/);
  expect(taken).toEqual([]);
});

test("one that is sound is taken, and so is the one behind it", async () => {
  taken = [];
  const post = "POST /sound HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
  await exchange(post + hidden.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  expect(taken).toEqual(["POST /sound", "GET /hidden"]);
});
