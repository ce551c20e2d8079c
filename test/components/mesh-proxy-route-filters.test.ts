/** What routes change in HTTP/1.1 requests and responses, and answer themselves, over real proxies. */
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { headerChangeOf } from "../../core/model/request-rule.ts";
import { type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { tcpServer } from "./mesh-proxy-setup.ts";

let routed: RoutedMesh;

beforeEach(async () => {
  routed = await routedMesh("127.77.90");
});
afterEach(() => routed.mesh.stop());

/** Says what it got. */
const echo: RequestListener = (request, response) => {
  response.setHeader("x-old", "1");
  response.end(JSON.stringify({ url: request.url, lines: request.rawHeaders }));
};

const set = (name: string, value: string) => headerChangeOf({ set: [{ name, value }] });

test("a backend sees the host, path and headers that its route wants, and the rest as it came", async () => {
  const backend = await routed.service("v1", echo);
  const changes = {
    request: headerChangeOf({ set: [{ name: "X-Set", value: "new" }], remove: ["x-gone"] }),
    host: "udr.core",
    path: { type: "Prefix", prefix: "/nudm", value: "/nudr" },
  } as const;
  await routed.route({
    when: { http: { paths: [{ type: "Prefix", value: "/nudm" }] } },
    backends: [{ ...backend, changes }],
  });
  const { body } = await routed.ask("/nudm/a%20b?c=/nudm", {
    method: "POST",
    headers: { "X-SET": "old", "x-gone": "1", "X-Kept": "a  b", "content-length": "3" },
    body: "xyz",
  });
  const { url, lines } = JSON.parse(body);
  expect(url).toBe("/nudr/a%20b?c=/nudm");
  expect(lines).toEqual(
    expect.arrayContaining(["X-Kept", "a  b", "Host", "udr.core", "content-length", "3", "X-Set", "new"]),
  );
  expect(
    lines.map((one: string) => one.toLowerCase()).filter((one: string) => one === "x-set" || one === "x-gone"),
  ).toEqual(["x-set"]);
});

test("a response's headers change too, with its body and its status as they were", async () => {
  const backend = await routed.service("v1", (_, response) => {
    response.statusCode = 418;
    echo(_, response);
  });
  const response = headerChangeOf({ set: [{ name: "x-new", value: "2" }], remove: ["x-old"] });
  await routed.route({ backends: [{ ...backend, changes: { response } }] });
  for (const path of ["/1", "/2"]) {
    const { statusCode, headers, body } = await routed.ask(path);
    expect([statusCode, headers["x-new"], headers["x-old"], JSON.parse(body).url]).toEqual([418, "2", undefined, path]);
  }
});

test("a response's head changes however it is cut", async () => {
  const backend = await routed.service("v1", echo);
  const [first] = backend.endpoints;
  if (first === undefined) throw new Error("no endpoint");
  const answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-Old: 1\r\nContent-Length: 4\r\n\r\nbody";
  const raw = await tcpServer(first.address, async (socket) => {
    await new Promise((resolve) => socket.once("data", resolve));
    for (const piece of answer) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  routed.mesh.onStop(raw.close);
  const response = headerChangeOf({ add: [{ name: "x-new", value: "2" }], remove: ["x-old"] });
  await routed.route({
    backends: [{ ...backend, endpoints: [{ ...first, appPort: raw.port }], changes: { response } }],
  });
  const text = await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body");
  expect(text).toBe("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\nx-new: 2\r\n\r\nbody");
});

test("pipelined requests of rules that want different things are each answered in its turn", async () => {
  const backend = await routed.service("v1", (request, response) => {
    response.setHeader("x-saw", String(request.headers["x-rule"]));
    response.end();
  });
  const of = (value: string, name: string) => ({
    when: { http: { paths: [{ type: "Prefix", value }] } } as const,
    backends: [{ ...backend, changes: { request: set("x-rule", name), response: set("x-rule", name) } }],
  });
  await routed.route(of("/a", "a"), of("/b", "b"));
  const paths = ["/a", "/a", "/b", "/a", "/b", "/none", "/b"];
  const text = await exchange(
    paths.map((path, at) => `GET ${path} HTTP/1.1\r\nHost: a\r\nx-at: ${at}\r\n\r\n`).join(""),
    (so) => so.split("HTTP/1.1 ").length === paths.length + 1 && so.endsWith("\r\n\r\n"),
  );
  const answers = text.split("HTTP/1.1 ").slice(1);
  const seen = answers.map((one) => (one.startsWith("404") ? "404" : (/x-saw: (\w)/.exec(one)?.[1] ?? one)));
  const told = answers.map((one) => (one.startsWith("404") ? "404" : (/x-rule: (\w)/.exec(one)?.[1] ?? one)));
  expect([seen, told]).toEqual([
    ["a", "a", "b", "a", "b", "404", "b"],
    ["a", "a", "b", "a", "b", "404", "b"],
  ]);
});

describe("answers of the proxy itself", () => {
  test("a redirect tells where to go, and the connection goes on", async () => {
    const backend = await routed.service("v1", echo);
    await routed.route(
      {
        when: { http: { paths: [{ type: "Prefix", value: "/old" }] } },
        redirect: {
          statusCode: 301,
          scheme: "https",
          host: "new.core",
          path: { type: "Prefix", prefix: "/old", value: "/new" },
        },
      },
      { backends: [backend] },
    );
    const first = await routed.ask("/old/a?b", { method: "POST", body: "x".repeat(100_000) });
    const second = await routed.ask("/other");
    expect([first.statusCode, first.headers.location]).toEqual([301, "https://new.core/new/a?b"]);
    expect([second.statusCode, second.isReused]).toEqual([200, true]);
    expect(await routed.events("redirected")).toBe(1);
  });

  test("to HEAD they have no body", async () => {
    await routed.route({ redirect: { statusCode: 307, host: "new.core" } });
    const { statusCode, headers, body } = await routed.ask("/", { method: "HEAD", headers: { host: "old.core:81" } });
    expect([statusCode, headers.location, body]).toEqual([307, "http://new.core:81/", ""]);
  });

  test("injected aborts reach no backend, by their part of the requests", async () => {
    let count = 0;
    const backend = await routed.service("v1", (_, response) => {
      count++;
      response.end();
    });
    await routed.route({ backends: [backend], fault: { abort: { statusCode: 599, percent: 50 } } });
    const codes: number[] = [];
    for (let at = 0; at < 200; at++) codes.push((await routed.ask("/")).statusCode);
    const aborted = codes.filter((code) => code === 599).length;
    expect(codes.filter((code) => code === 200).length).toBe(count);
    expect(aborted).toBe(200 - count);
    // Six standard deviations.
    expect(Math.abs(aborted - 100)).toBeLessThan(43);
    expect(await routed.events("aborted")).toBe(aborted);
  });

  test("an injected delay holds a request up, and no longer than once", async () => {
    const backend = await routed.service("v1", echo);
    await routed.route({ backends: [backend], fault: { delay: { ms: 120, percent: 100 } } });
    const startMs = performance.now();
    const { statusCode } = await routed.ask("/");
    expect(statusCode).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThan(110);
    expect(await routed.events("delayed")).toBe(1);
  });
});

/** What comes back on a connection of its own until it ends with `until`, or is as it says. */
function exchange(bytes: string, until: string | ((so: string) => boolean)): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(routed.listenPort, routed.client.address, () => socket.write(bytes));
  let text = "";
  const isWhole = (so: string) => (typeof until === "string" ? so.endsWith(until) : until(so));
  socket.on("data", (data) => {
    text += String(data);
    if (!isWhole(text)) return;
    resolve(text);
    socket.destroy();
  });
  socket.on("close", () => reject(new Error(`ended after ${JSON.stringify(text)}`)));
  socket.on("error", reject);
  return promise;
}
