/** Requests that HTTPRoutes split over Services, over real proxies. */
import { Agent, createServer, request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UpstreamBackend, UpstreamRule } from "../../core/model/mesh-snapshot.ts";
import { createTestMesh, samplesOf, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
let mesh: TestMesh;
let client: TestPod;
let agent: Agent;
let servers: TestPod[];
let backends: { readonly v1: UpstreamBackend; readonly v2: UpstreamBackend };

beforeEach(async () => {
  mesh = createTestMesh("127.78.57");
  client = await mesh.pod("client-0");
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  servers = [];
  backends = { v1: await startBackend("v1"), v2: await startBackend("v2") };
});
afterEach(() => mesh.stop());

/** Says who it is. */
async function startBackend(service: string): Promise<UpstreamBackend> {
  const pod = await mesh.pod(`${service}-0`);
  servers.push(pod);
  const app = createServer((_, response) => response.end(service));
  await new Promise<void>((resolve) => app.listen(0, pod.address, resolve));
  mesh.onStop(() => app.close());
  const address = app.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { namespace: "core", service, weight: 1, endpoints: [pod.endpoint(address.port)] };
}

async function route(...rules: readonly Omit<UpstreamRule, "route">[]): Promise<void> {
  const whole = rules.map((rule) => ({ ...rule, route: "core/canary" }));
  for (const pod of servers) await pod.apply({});
  const { endpoints } = backends.v1;
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints, rules: whole })] });
}

function ask(path: string, headers: Record<string, string> = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request({ host: client.address, port: listenPort, path, agent, headers }, (response) => {
    let text = "";
    response.on("data", (bytes) => (text += String(bytes)));
    response.on("end", () => resolve(response.statusCode === 200 ? text : `${response.statusCode}`));
  });
  asked.on("error", reject).end();
  return promise;
}

test("one connection's requests are split by weight, each anew", async () => {
  const { v1, v2 } = backends;
  await route({
    when: {},
    backends: [
      { ...v1, weight: 3 },
      { ...v2, weight: 1 },
    ],
  });
  const answers: string[] = [];
  for (let count = 0; count < 400; count++) answers.push(await ask("/"));
  const part = answers.filter((answer) => answer === "v2").length / answers.length;
  // Five standard deviations.
  expect(Math.abs(part - 0.25)).toBeLessThan(0.11);
  expect(answers.filter((answer) => answer === "v1" || answer === "v2")).toHaveLength(400);
  const counted = await sumOf(client.proxy, "istio_requests_total", {
    destination_service_name: "v2",
    reporter: "source",
  });
  expect(counted).toBe(answers.filter((answer) => answer === "v2").length);
});

test("by header and path, the first rule that holds", async () => {
  const { v1, v2 } = backends;
  await route(
    { when: { http: { headers: [{ name: "x-canary", value: "1" }] } }, backends: [v2] },
    { when: { http: { paths: [{ type: "Prefix", value: "/next" }] } }, backends: [v2] },
    { when: {}, backends: [v1] },
  );
  const answers = [await ask("/"), await ask("/", { "X-Canary": "1" }), await ask("/next/a"), await ask("/nextto")];
  expect(answers).toEqual(["v1", "v2", "v2", "v1"]);
});

test("what no rule takes is answered 404, what has no Service 500, and what has no pod 503", async () => {
  const { v1, v2 } = backends;
  const at = (value: string) => ({ http: { paths: [{ type: "Prefix", value }] } }) as const;
  await route(
    { when: at("/nobody"), backends: [] },
    { when: at("/missing"), backends: [{ ...v2, endpoints: [], isMissing: true }] },
    { when: at("/empty"), backends: [{ ...v2, endpoints: [] }] },
    { when: at("/v1"), backends: [v1] },
  );
  const paths = ["/else", "/nobody", "/missing", "/empty", "/v1"];
  const answers: string[] = [];
  for (const path of paths) answers.push(await ask(path));
  expect(answers).toEqual(["404", "500", "500", "503", "v1"]);
});

test("requests are counted by route and backend", async () => {
  const { v1, v2 } = backends;
  const at = (value: string) => ({ http: { paths: [{ type: "Prefix", value }] } }) as const;
  await route({ when: at("/v1"), backends: [v1] }, { when: at("/v2"), backends: [v2] });
  for (const path of ["/v1", "/v2", "/v2"]) await ask(path);
  const counts = (await samplesOf(client.proxy, "weft_route_requests_total")).map(({ labels, value }) => [
    labels.get("weft_route"),
    labels.get("weft_backend"),
    labels.get("response_code"),
    value,
  ]);
  expect(counts).toEqual([
    ["core/canary", "core/v1", "200", 1],
    ["core/canary", "core/v2", "200", 2],
  ]);
  expect(await sumOf(client.proxy, "weft_route_request_duration_milliseconds_count")).toBe(3);
});
