/** Pipelined requests of all kinds of rules, to applications that answer as they like: nobody gets what is another's. */
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { UpstreamRule, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { type RoutedMesh, routedMesh } from "./mesh-proxy-route-setup.ts";
import { sumOf, type TestPod, tcpServer } from "./mesh-proxy-setup.ts";

const CONNECTIONS = 150;
const AT_ONCE = 10;
const paths = ["/plain", "/edit", "/retry", "/mirror", "/hedge", "/redirect", "/fault", "/none"];

interface AppPod {
  readonly pod: TestPod;
  readonly endpoint: WeightedEndpoint;
}

let routed: RoutedMesh;
afterEach(() => routed.mesh.stop());

/** Uniform in [0, 1), the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Breaks off, says nothing (to paths with a time limit), fails, or says whose request it was, in pieces or at once. */
async function answer(socket: Socket, head: string, random: () => number): Promise<void> {
  const id = /x-id: (\S+)/.exec(head)?.[1];
  const what = random();
  if (what < 0.05) return void socket.resetAndDestroy();
  if (what < 0.08 && !/ \/(plain|e)\//.test(head)) return;
  if (what < 0.2) await new Promise((resolve) => setTimeout(resolve, random() * 60));
  const body = `${id}:${"y".repeat(Math.floor(random() * 3000))}`;
  const start = `HTTP/1.1 ${what > 0.8 ? "503 Busy" : "200 OK"}\r\nx-id: ${id}\r\nx-old: 1\r\n`;
  const how = random();
  if (how < 0.1) return void socket.end(`${start}connection: close\r\n\r\n${body}`);
  const isChunked = how < 0.5;
  const framed = isChunked
    ? `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    : `content-length: ${body.length}\r\n\r\n${body}`;
  const whole = start + framed;
  const pieceLength = random() < 0.3 ? 1 + Math.floor(random() * 700) : whole.length;
  for (let at = 0; at < whole.length; at += pieceLength) {
    socket.write(whole.slice(at, at + pieceLength), "latin1");
    if (pieceLength < whole.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function startApp(name: string, random: () => number): Promise<AppPod> {
  const pod = await routed.mesh.pod(name);
  const app = await tcpServer(pod.address, (socket) => {
    let text = "";
    let turn = Promise.resolve();
    socket.on("data", (bytes) => {
      const heads = (text + bytes.toString("latin1")).split("\r\n\r\n");
      text = heads.pop() ?? "";
      for (const head of heads) turn = turn.then(() => answer(socket, head, random));
    });
  });
  routed.mesh.onStop(app.close);
  return { pod, endpoint: pod.endpoint(app.port) };
}

function rulesTo(endpoints: readonly WeightedEndpoint[], mirror: WeightedEndpoint): readonly Partial<UpstreamRule>[] {
  const backend = { namespace: "core", service: "v", weight: 1, endpoints };
  const response = { removed: ["x-old"], added: [{ name: "x-new", value: "1" }] };
  const edited = { ...backend, changes: { response, path: { type: "Prefix", prefix: "/edit", value: "/e" } as const } };
  const of = (path: string, rule: Partial<UpstreamRule>) => {
    return { when: { http: { paths: [{ type: "Prefix", value: path } as const] } }, ...rule };
  };
  const retry = { statusCodes: [503], retriesMax: 3, backoffMs: 1 };
  const timeouts = { requestMs: 200 };
  const mirrors = [{ namespace: "core", service: "w", percent: 50, endpoints: [mirror] }];
  const fault = { abort: { statusCode: 500, percent: 50 }, delay: { ms: 5, percent: 50 } };
  return [
    of("/plain", { backends: [backend] }),
    of("/edit", { backends: [edited] }),
    of("/retry", { backends: [backend], retry, timeouts: { attemptMs: 50, ...timeouts } }),
    of("/mirror", { backends: [backend], mirrors, timeouts }),
    of("/hedge", { backends: [backend], hedge: { afterMs: 5 }, retry, timeouts }),
    of("/redirect", { redirect: { statusCode: 302, host: "x.y" } }),
    of("/fault", { backends: [backend], timeouts, fault }),
  ];
}

/** What is wrong with what came back on one connection. */
async function problemsOf(number: number, random: () => number): Promise<readonly string[]> {
  const asked = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, at) => {
    return { id: `${number}-${at}`, path: paths[Math.floor(random() * paths.length)] ?? "/" };
  });
  const socket = connect(routed.listenPort, routed.client.address);
  socket.on("error", () => {});
  socket.end(asked.map(({ id, path }) => `GET ${path}/a HTTP/1.1\r\nHost: a\r\nx-id: ${id}\r\n\r\n`).join(""));
  let text = "";
  await new Promise((resolve) => {
    socket.on("data", (bytes) => (text += bytes.toString("latin1")));
    socket.on("close", resolve);
  });
  const answers = text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((one) => one !== "");
  if (answers.length > asked.length) return [`${answers.length} answers to ${asked.length} requests`];
  return answers.flatMap((one, at) => problemOf(one, asked[at] ?? { id: "", path: "" }) ?? []);
}

function problemOf(text: string, { id, path }: { readonly id: string; readonly path: string }): string | undefined {
  // A response whose time was over is broken off, wherever it was.
  if (!text.includes("\r\n\r\n")) return undefined;
  const own = /\r\nx-id: (\S+)/.exec(text)?.[1];
  const code = text.slice(9, 12);
  const isLocal = path === "/redirect" ? "302" : path === "/none" ? "404" : undefined;
  if (isLocal !== undefined) return code === isLocal ? undefined : `${path} was answered ${code}`;
  if (own === undefined) return /^(500|502|503|504)$/.test(code) ? undefined : `${path} was answered ${code} by nobody`;
  const body = /\n(\d+-\d+):/.exec(text)?.[1] ?? id;
  if (own !== id || body !== id) return `${id} got what is ${own}'s and ${body}'s`;
  const isEdited = text.includes("\r\nx-new: 1") && !text.includes("\r\nx-old");
  return isEdited === (path === "/edit") ? undefined : `${path} has the wrong headers`;
}

test("each request gets its own answer or an error, and no connection is left", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomFrom(seed);
  routed = await routedMesh("127.77.94", { retriesPerSecondMin: 100_000, failuresMax: 1000, ejectionMs: 1 });
  const apps = [await startApp("v-0", random), await startApp("v-1", random)];
  const mirror = await startApp("w-0", random);
  for (const { pod } of [...apps, mirror]) await pod.apply({});
  await routed.route(
    ...rulesTo(
      apps.map(({ endpoint }) => endpoint),
      mirror.endpoint,
    ),
  );
  let next = 0;
  const problems: string[] = [];
  const client = async () => {
    while (next < CONNECTIONS) problems.push(...(await problemsOf(next++, random)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  expect({ seed, problems }).toEqual({ seed, problems: [] });
  const isEmpty = async () => (await sumOf(routed.client.proxy, "weft_proxy_connections")) === 0;
  await waitUntil(isEmpty, { what: "all flows are over", timeoutMs: 10_000 });
});
