/** Branches: traffic that leaves its chain behind a function, and what ends traffic that goes in circles. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ForwardingHop, HopBranch, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { TrafficMatch } from "../../core/model/traffic-match.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, tcpServer, upstream } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
const inspectSpi = 7;
const videoSpi = 8;
let mesh: TestMesh;
let client: TestPod;
let dpi: TestPod;
let video: TestPod;
let server: TestPod;

beforeEach(async () => {
  mesh = createTestMesh("127.77.42");
  client = await mesh.pod("client-0");
  dpi = await mesh.pod("dpi-0");
  video = await mesh.pod("video-0");
  server = await mesh.pod("server-0");
});
afterEach(() => mesh.stop());

interface PassingFunction {
  readonly port: number;
  /** Of each connection. */
  readonly heard: string[];
}

/** Puts its mark before the first byte of each piece; `|` in HTTP would be no request, so it is put into the body. */
async function passingFunction(pod: TestPod, mark: string): Promise<PassingFunction> {
  const heard: string[] = [];
  const app = await tcpServer(pod.address, (socket) => {
    const at = heard.push("") - 1;
    socket.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      heard[at] += text;
      socket.write(text.replaceAll("?", `${mark}?`), "latin1");
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {});
  });
  mesh.onStop(app.close);
  return { port: app.port, heard };
}

function hop(place: Pick<ForwardingHop, "spi" | "next"> & Partial<ForwardingHop>, port: number): ForwardingHop {
  const chain = place.spi === inspectSpi ? "inspect" : "video";
  return {
    chain,
    serviceIndex: 1,
    isSymmetric: false,
    protocol: "tcp",
    function: { name: chain, port, hasProxyProtocol: false, failurePolicy: "Block", mode: "Forward" },
    ...place,
  };
}

function entryTo(spi: number, next: readonly WeightedEndpoint[]): HopBranch["path"] {
  return { chain: spi === inspectSpi ? "inspect" : "video", spi, serviceIndex: 1, next };
}

/** client -> dpi -> server, and what `when` says from dpi -> video -> server. */
async function applyBranch(when: TrafficMatch, protocol: AppProtocol, appPort: number) {
  const [ofDpi, ofVideo] = [await passingFunction(dpi, "d"), await passingFunction(video, "v")];
  const next = [server.endpoint(appPort)];
  await server.apply({});
  await video.apply({ hops: [hop({ spi: videoSpi, next, protocol }, ofVideo.port)] });
  const branches = [{ chain: "video", when, path: entryTo(videoSpi, [video.endpoint(ofVideo.port)]) }];
  await dpi.apply({ hops: [hop({ spi: inspectSpi, next, protocol, branches }, ofDpi.port)] });
  await enter([dpi.endpoint(ofDpi.port)], protocol, next);
  return { ofDpi, ofVideo };
}

async function enter(next: readonly WeightedEndpoint[], protocol: AppProtocol, endpoints: readonly WeightedEndpoint[]) {
  const path = { chain: "inspect", spi: inspectSpi, serviceIndex: 1, next };
  await client.apply({ upstreams: [upstream({ listenPort, protocol, endpoints, path })] });
}

async function exchange(text: string): Promise<string> {
  const socket = connect({ host: client.address, port: listenPort, allowHalfOpen: true });
  mesh.onStop(() => socket.destroy());
  socket.end(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

async function echo(): Promise<number> {
  const app = await tcpServer(server.address, (socket) => socket.pipe(socket));
  mesh.onStop(app.close);
  return app.port;
}

describe("a flow of TCP", () => {
  test.each([
    {
      name: "from a client that the branch is for goes on along the other chain",
      block: "127.77.42.0/24",
      answer: "dv?",
    },
    { name: "from another client stays on its chain", block: "127.77.43.0/24", answer: "d?" },
  ])("$name", async ({ block, answer }) => {
    await applyBranch({ sources: [block] }, "tcp", await echo());
    expect(await exchange("?")).toBe(answer);
  });

  test("is counted on the chain that it goes on along", async () => {
    await applyBranch({ sources: ["0.0.0.0/0"] }, "tcp", await echo());
    await exchange("?");
    const received = (pod: TestPod, weft_chain: string, weft_spi: number) =>
      sumOf(pod.proxy, "istio_tcp_received_bytes_total", {
        reporter: "destination",
        weft_chain,
        weft_spi: String(weft_spi),
        weft_hop: "1",
      });
    expect(await received(dpi, "inspect", inspectSpi)).toBe(1);
    expect(await received(video, "video", videoSpi)).toBe(2);
  });

  test("is refused where the other chain is blocked", async () => {
    const { ofDpi } = await applyBranch({ sources: ["0.0.0.0/0"] }, "tcp", await echo());
    const next = [server.endpoint(1)];
    const branches = [{ chain: "video", when: { sources: ["0.0.0.0/0"] } }];
    await dpi.apply({ hops: [hop({ spi: inspectSpi, next, branches }, ofDpi.port)] });
    await expect(exchange("?")).rejects.toThrow("ECONNRESET");
  });
});

test("requests of one connection of HTTP/1.1 go each its way, and their answers keep their order", async () => {
  const app = await tcpServer(server.address, (socket) => {
    socket.on("data", (bytes: Buffer) => {
      for (const line of bytes.toString().match(/GET \S+/g) ?? [])
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
    });
    socket.on("end", () => socket.end());
  });
  mesh.onStop(app.close);
  const when = { http: { headers: [{ name: "x-class", value: "video" }] } };
  const { ofVideo } = await applyBranch(when, "http1", app.port);
  const classes = ["", "video", "video", "", "video"];
  const requests = classes.map((of, at) => `GET /${at}? HTTP/1.1\r\nHost: dn\r\n${of && `X-Class: ${of}\r\n`}\r\n`);
  const answer = await exchange(requests.join(""));
  expect(answer.match(/GET \/\w+\?/g)).toEqual(["GET /0d?", "GET /1dv?", "GET /2dv?", "GET /3d?", "GET /4dv?"]);
  expect(ofVideo.heard.join("")).not.toContain("weft-nsh");
});

describe("traffic in circles", () => {
  /** Each of two chains sends everything on to the other, and each function has two instances. */
  async function applyCircle(protocol: AppProtocol): Promise<readonly (readonly [TestPod, PassingFunction])[]> {
    const everything = { sources: ["0.0.0.0/0"] };
    const dpis = [dpi, await mesh.pod("dpi-1")];
    const videos = [video, await mesh.pod("video-1")];
    const all = [...dpis, ...videos];
    const functions = await Promise.all(all.map((pod) => passingFunction(pod, "")));
    const [a, b, c, d] = all.map((pod, at) => pod.endpoint(functions[at]?.port ?? 0)) as [
      WeightedEndpoint,
      WeightedEndpoint,
      WeightedEndpoint,
      WeightedEndpoint,
    ];
    const next = [server.endpoint(1)];
    for (const [at, pod] of all.entries()) {
      const isDpi = at < 2;
      const [spi, to] = isDpi ? [inspectSpi, videoSpi] : [videoSpi, inspectSpi];
      const path = entryTo(to, isDpi ? [c, d] : [a, b]);
      const branches = [{ chain: isDpi ? "video" : "inspect", when: everything, path }];
      await pod.apply({ hops: [hop({ spi, next, branches, protocol }, functions[at]?.port ?? 0)] });
    }
    await enter([a, b], protocol, next);
    return all.map((pod, at) => [pod, functions[at] as PassingFunction] as const);
  }

  const countOf = async (pods: readonly TestPod[], reason: string) => {
    const counts = pods.map((pod) => sumOf(pod.proxy, "weft_proxy_refused_connections_total", { reason }));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };

  test("is refused when its TTL is used up, once, and nobody tries another instance", async () => {
    const all = await applyCircle("tcp");
    const pods = all.map(([pod]) => pod);
    await expect(exchange("?")).rejects.toThrow("ECONNRESET");
    expect(await countOf(pods, "ttl_expired")).toBe(1);
    expect(await countOf([...pods, client], "ttl_expired_ahead")).toBe(63);
    await waitUntil(() => all.reduce((sum, [, { heard }]) => sum + heard.length, 0) === 62, {
      what: "every function that the TTL lasts for was asked once",
      timeoutMs: 5000,
    });
    expect(await sumOf(client.proxy, "weft_proxy_refused_dials_total", { verdict: "expired" })).toBe(1);
  });

  test("is answered 503, request by request", async () => {
    const all = await applyCircle("http1");
    const answer = await exchange("GET /? HTTP/1.1\r\nHost: dn\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 503[\s\S]*"ttl-expired"/);
    expect(await countOf(all.map(([pod]) => pod), "ttl_expired")).toBe(1); // biome-ignore format: short
  });
});
