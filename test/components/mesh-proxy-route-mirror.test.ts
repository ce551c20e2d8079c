/** Copies of requests that routes ask for, over real proxies. */
import type { RequestListener } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { headerChangeOf } from "../../core/model/request-rule.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { sumOf } from "./mesh-proxy-setup.ts";

let routed: RoutedMesh;

beforeEach(async () => {
  routed = await routedMesh("127.78.51");
});
afterEach(() => routed.mesh.stop());

/** Keeps what it is asked. */
function keeping(answer: string) {
  const requests: { url: string; body: string; header: string | undefined; wasAborted: boolean }[] = [];
  const listener: RequestListener = (request, response) => {
    let body = "";
    const kept = { url: request.url ?? "", body: "", header: request.headers["x-rule"]?.toString(), wasAborted: false };
    request.on("data", (bytes) => (body += String(bytes)));
    request.on("aborted", () => {
      kept.wasAborted = true;
    });
    request.on("end", () => {
      requests.push({ ...kept, body });
      response.end(answer);
    });
  };
  return { requests, listener };
}

test("a mirror gets whole requests as they go on, and its answers go nowhere", async () => {
  const [main, shadow] = [keeping("main"), keeping("shadow")];
  const backend = await routed.service("v1", main.listener);
  const mirror = await routed.service("v2", shadow.listener);
  const changes = { request: headerChangeOf({ set: [{ name: "x-rule", value: "1" }] }) };
  await routed.route({ backends: [{ ...backend, changes }], mirrors: [routed.mirror(mirror, 100)] });
  const bodies = ["", "small", "x".repeat(400_000)];
  for (const body of bodies) {
    const answer = await routed.ask(`/${body.length}`, {
      method: "POST",
      body,
      headers: { "transfer-encoding": "chunked" },
    });
    expect(answer.body).toBe("main");
  }
  await waitUntil(() => shadow.requests.length === bodies.length, { what: "the copies", timeoutMs: 5000 });
  const inOrder = (requests: typeof shadow.requests) => requests.toSorted((a, b) => a.url.localeCompare(b.url));
  expect(inOrder(shadow.requests)).toEqual(inOrder(main.requests));
  expect(main.requests.every(({ header }) => header === "1")).toBe(true);
  expect(await routed.events("mirrored")).toBe(3);
  const answered = () =>
    sumOf(routed.client.proxy, "istio_requests_total", { destination_service_name: "v2", reporter: "source" });
  await waitUntil(async () => (await answered()) === 3, { what: "answers to copies", timeoutMs: 5000 });
});

test("a part of the requests is mirrored", async () => {
  const [main, shadow] = [keeping("main"), keeping("shadow")];
  const backend = await routed.service("v1", main.listener);
  const mirror = await routed.service("v2", shadow.listener);
  await routed.route({ backends: [backend], mirrors: [routed.mirror(mirror, 25)] });
  for (let at = 0; at < 200; at++) await routed.ask("/");
  const mirrored = await routed.events("mirrored");
  // Six standard deviations.
  expect(Math.abs(mirrored - 50)).toBeLessThan(37);
  await waitUntil(() => shadow.requests.length === mirrored, { what: "the copies", timeoutMs: 5000 });
});

test("neither a mirror that hangs nor one that is not there holds a request up", async () => {
  const main = keeping("main");
  const backend = await routed.service("v1", main.listener);
  const hanging = await routed.service("v2", (request) => void request.pause());
  const gone = { ...hanging, service: "v3", endpoints: hanging.endpoints.map((one) => ({ ...one, appPort: 1 })) };
  await routed.route({
    backends: [backend],
    mirrors: [routed.mirror(hanging, 100), routed.mirror(gone, 100)],
  });
  for (let at = 0; at < 5; at++) {
    const { body } = await routed.ask("/", { method: "POST", body: "x".repeat(3_000_000) });
    expect(body).toBe("main");
  }
  const lost = () => sumOf(routed.client.proxy, "weft_proxy_tap_losses_total");
  await waitUntil(async () => (await lost()) >= 5, { what: "losses are counted", timeoutMs: 5000 });
});
