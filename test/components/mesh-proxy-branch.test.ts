/** Branches: traffic that leaves its chain behind a function, and what ends traffic that goes in circles. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ForwardingHop, HopBranch, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import type { TrafficMatch } from "../../core/model/traffic-match.ts";
import { readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { formatServicePathHeader } from "../../mesh-proxy/codec/service-path-header.ts";
import type { SteeringTlvs } from "../../mesh-proxy/codec/steering-tlvs.ts";
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

/** Puts its mark before each question mark. */
async function passingFunction(pod: TestPod, mark: string): Promise<PassingFunction> {
  const heard: string[] = [];
  const app = await tcpServer(pod.address, (socket) => {
    const at = heard.push("") - 1;
    socket.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      heard[at] += text;
      // An answer that grew would be longer than it says.
      socket.write(text.startsWith("HTTP/") ? text : text.replaceAll("?", `${mark}?`), "latin1");
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

describe.each([{ isSymmetric: false }, { isSymmetric: true }])(
  "requests of HTTP/1.1, on a chain with %j,",
  ({ isSymmetric }) => {
    /** What the DPI marks goes on along the other chain. */
    async function applyMarking(
      videoPath = true,
      aware?: (tlvs: SteeringTlvs) => (text: string) => string,
    ): Promise<{ readonly ofVideo: PassingFunction; readonly heard: string[] }> {
      const heard: string[] = [];
      const app = await tcpServer(server.address, (socket) => {
        let text = "";
        socket.on("data", (bytes: Buffer) => {
          text += bytes.toString("latin1");
          for (let found = whole(text); found !== undefined; found = whole(text)) {
            heard.push(found);
            text = text.slice(found.length);
            const line = found.slice(0, found.indexOf(" HTTP"));
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
          }
        });
        socket.on("end", () => socket.end());
      });
      mesh.onStop(app.close);
      const ofVideo = await passingFunction(video, "v");
      const marking = await tcpServer(dpi.address, (socket) => {
        let mark = aware && ((text: string) => text);
        socket.on("data", (bytes: Buffer) => {
          const header = readProxyHeader(bytes, 0, bytes.length);
          if (header.kind === "header") mark = aware?.(header.tlvs);
          const text = bytes.toString("latin1", header.kind === "header" ? header.bytesUsed : 0);
          socket.write(mark?.(text) ?? text.replaceAll("X-Title: cats", "X-Class: video"), "latin1");
        });
        socket.on("end", () => socket.end());
      });
      mesh.onStop(marking.close);
      const next = [server.endpoint(app.port)];
      const common = { next, protocol: "http1", isSymmetric } as const;
      await server.apply({});
      await video.apply({ hops: [hop({ ...common, spi: videoSpi }, ofVideo.port)] });
      const when = { http: { headers: [{ name: "x-class", value: "video" }] } };
      const path = videoPath ? entryTo(videoSpi, [video.endpoint(ofVideo.port)]) : undefined;
      const branches = [{ chain: "video", when, path }];
      const plain = hop({ ...common, spi: inspectSpi, branches }, marking.port);
      const own = { ...plain.function, hasProxyProtocol: true, isReclassifying: true };
      await dpi.apply({ hops: [aware === undefined ? plain : { ...plain, function: own }] });
      await enter([dpi.endpoint(marking.port)], "http1", next);
      return { ofVideo, heard };
    }

    function whole(text: string): string | undefined {
      const end = text.indexOf("\r\n\r\n") + 4;
      const length = Number(/Content-Length: (\d+)/.exec(text.slice(0, end))?.[1] ?? 0);
      return end > 3 && text.length >= end + length ? text.slice(0, end + length) : undefined;
    }

    const requestOf = (title: string, at: number, body = "") =>
      `POST /${at}? HTTP/1.1\r\nHost: dn\r\nX-Title: ${title}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

    test("go each their way, by what the function made of them, and their answers keep their order", async () => {
      const { ofVideo, heard } = await applyMarking();
      const titles = ["dogs", "cats", "cats", "dogs", "cats", "dogs", "dogs"];
      const requests = titles.map((title, at) => requestOf(title, at, "x".repeat(at * 1000)));
      const answer = await exchange(requests.join(""));
      const paths = titles.map((title, at) => `POST /${at}${title === "cats" ? "v" : ""}?`);
      expect(answer.match(/POST \/\w+\?/g)).toEqual(paths);
      expect(heard.map((text) => text.length)).toEqual(
        requests.map((text, at) => text.length + (titles[at] === "cats" ? 2 : 0)),
      );
      expect(ofVideo.heard.join("").match(/POST \S+ HTTP/g)).toHaveLength(3);
      expect([...heard, ...ofVideo.heard].join("")).not.toContain("weft-nsh");
      const served = (weft_spi: string) =>
        sumOf(server.proxy, "istio_requests_total", { reporter: "destination", weft_spi });
      expect([await served("7"), await served("8")]).toEqual([4, 3]);
    });

    test("stay one after the other on the ways that they go, while the client waits between them", async () => {
      const { heard } = await applyMarking();
      const socket = connect({ host: client.address, port: listenPort });
      mesh.onStop(() => socket.destroy());
      let answer = "";
      socket.on("data", (piece) => {
        answer += piece;
      });
      for (const [at, title] of ["cats", "dogs", "cats", "dogs"].entries()) {
        socket.write(requestOf(title, at, "y".repeat(50_000)));
        await waitUntil(() => answer.match(/200 OK/g)?.length === at + 1, { what: `answer ${at}`, timeoutMs: 5000 });
      }
      expect(heard).toHaveLength(4);
    });

    test("go where a function that knows of chains says of each, which nobody behind it sees", async () => {
      const { heard, ofVideo } = await applyMarking(true, ({ servicePath, offers = [] }) => {
        const own = servicePath && { ...servicePath, serviceIndex: servicePath.serviceIndex - 1 };
        return (text) =>
          text.replaceAll(/X-Title: (cats|dogs)/g, (_, title) => {
            const path = title === "cats" ? offers[0]?.servicePath : own;
            return path === undefined ? "" : `weft-nsh: ${formatServicePathHeader(path)}`;
          });
      });
      const titles = ["dogs", "cats", "birds", "cats"];
      const answer = await exchange(titles.map((title, at) => requestOf(title, at)).join(""));
      expect(answer.match(/POST \/\w+\?/g)).toEqual(["POST /0?", "POST /1v?", "POST /2?", "POST /3v?"]);
      expect([...heard, ...ofVideo.heard].join("")).not.toContain("weft-nsh");
    });

    test("are answered 502 where the function names a path that it was not offered", async () => {
      const nowhere = formatServicePathHeader({ spi: 99, serviceIndex: 1, ttl: 9 });
      await applyMarking(true, () => (text) => text.replaceAll("X-Title: cats", `weft-nsh: ${nowhere}`));
      expect(await exchange(requestOf("dogs", 0))).toContain("200 OK");
      expect(await exchange(requestOf("cats", 0))).toMatch(/^HTTP\/1\.1 502/);
      expect(await sumOf(dpi.proxy, "weft_proxy_refused_connections_total", { reason: "function_misroutes" })).toBe(1);
    });

    test("are answered 502 where the other chain is blocked", async () => {
      await applyMarking(false);
      expect(await exchange(requestOf("dogs", 0))).toContain("200 OK");
      expect(await exchange(requestOf("cats", 0))).toMatch(/^HTTP\/1\.1 502/);
    });
  },
);

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
