/** `weft chain` as a process, asking mesh-control and proxies that listen. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { proxyAdminPort } from "../../core/model/mesh-snapshot.ts";
import { controlConfigSchema } from "../../mesh-control/control-config.ts";
import { type RunningControl, startControl } from "../../mesh-control/start-control.ts";
import { chain, meshCluster, meshNode, meshPod, meshService, path, serviceFunction } from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import {
  applyPath,
  createPathMesh,
  echoApp,
  listenPort,
  type PathMesh,
  passingFunction,
} from "./mesh-proxy-path-setup.ts";
import { clock, silentLog } from "./mesh-proxy-setup.ts";

let all: PathMesh;
let control: RunningControl;

beforeAll(async () => {
  all = await createPathMesh("127.77.34", {}, { adminPort: proxyAdminPort });
  const ports = {
    first: (await passingFunction(all, all.first)).port,
    second: (await passingFunction(all, all.second)).port,
    app: await echoApp(all),
  };
  await applyPath(all, { ports });
  control = await startControl(controlConfigSchema.parse({ host: "127.0.0.1", port: 0 }), {
    view: clusterOf(all),
    clock,
    log: silentLog,
  });
  await waitUntil(async () => (await fetch(`${control.url}/v1/chains/core/n6`)).ok, { what: "n6", timeoutMs: 5000 });
});
afterAll(async () => {
  await control?.stop();
  await all?.mesh.stop();
});

/** What the API server would show of the four pods. */
function clusterOf({ client, first, second, server }: PathMesh) {
  const pod = (name: string, address: string, upstreams = "") => meshPod(name, "n1", upstreams, { address });
  return meshCluster({
    nodes: [meshNode("n1", "a")],
    pods: [
      pod("client-0", client.address, "server=15010"),
      pod("first-0", first.address),
      pod("second-0", second.address),
      pod("server-0", server.address),
    ],
    services: [meshService("server")],
    functions: [serviceFunction("fw"), serviceFunction("dpi")],
    chains: [
      chain("n6", ["fw", "dpi"], { classifier: { from: { app: "client" }, to: { service: "server", port: 80 } } }),
    ],
    paths: [
      path("n6", 7, [
        { function: "fw", weights: ["n1>first-0=10000"] },
        { function: "dpi", weights: ["first-0>second-0=10000"] },
        { weights: ["second-0>server-0=10000"] },
      ]),
    ],
  });
}

test("ping prints a line for each hop of each probe, and a summary", async () => {
  const { exitCode, stdout, stderr } = await weftChain("ping", "n6", "-n", "core", "--count", "2");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  const ms = String.raw`\d+\.\d\d`;
  for (const hop of [String.raw`2 +fw +core\/first-0 +n-first-0`, String.raw`1 +dpi +core\/second-0 +n-second-0`, String.raw`0 +destination +core\/server-0 +n-server-0`])
    expect(stdout.match(new RegExp(`^  ${hop} +${ms} +${ms} +${ms}$`, "gm"))).toHaveLength(2); // biome-ignore format: rows
  expect(stdout).toMatch(/^probe 2 as 127\.77\.34\.1:\d+ on path 7$/m);
  expect(stdout).toMatch(/^core\/n6: 2 probes, 2 answered by every hop, 0 % lost, least\/mean\/most /m);
});

test("ping asks the functions, as one flow, from one pod, for programs", async () => {
  const options = ["--functions", "--source", "10.0.0.5:40000", "--from", "client-0", "--count", "1", "--json"];
  const { exitCode, stdout } = await weftChain("ping", "n6", "-n", "core", ...options);
  expect(exitCode).toBe(0);
  const [first, second, server] = JSON.parse(stdout).probes[0].hops;
  expect(JSON.parse(stdout)).toMatchObject({ namespace: "core", chain: "n6", probes: [{ source: { port: 40000 } }] });
  expect([first.asked.answerMs, second.asked.answerMs, server.asked.connectMs]).toEqual(
    Array(3).fill(expect.any(Number)),
  );
});

test("ping says what is wrong: of the command line with 64, of what is not there with 69", async () => {
  const ofNobody = await weftChain("ping", "n6", "-n", "core", "--from", "first-0");
  expect([ofNobody.exitCode, ofNobody.stderr]).toEqual([
    64,
    "weft: core/first-0 is no live pod whose traffic the chain core/n6 takes\n",
  ]);
  const unknown = await weftChain("ping", "n7", "-n", "core");
  expect([unknown.exitCode, unknown.stderr]).toEqual([64, expect.stringMatching(/the chain core\/n7 is not known\n$/)]);
  const malformed = await weftChain("ping", "n6", "--source", "10.0.0.5");
  expect([malformed.exitCode, malformed.stderr]).toEqual([
    64,
    expect.stringContaining("must be an address and a port"),
  ]);
  const gone = await weftChain("ping", "n6", "--proxy-url", "http://127.77.34.99:1");
  expect([gone.exitCode, gone.stderr]).toEqual([69, expect.stringContaining("does not answer")]);
});

test("trace prints the pods that each live flow passes", async () => {
  const socket = connect({ host: all.client.address, port: listenPort });
  all.mesh.onStop(() => socket.destroy());
  socket.write("x");
  await once(socket, "data");
  const source = `${all.client.address}:${socket.localPort}`;
  const { exitCode, stdout, stderr } = await weftChain("trace", "n6", "-n", "core");
  expect([exitCode, stderr]).toEqual([0, ""]);
  const way = "core/client-0 > core/first-0 (fw) > core/second-0 (dpi) > core/server-0";
  expect(stdout.split("\n").find((line) => line.startsWith(source))).toMatch(new RegExp(`${RegExp.escape(way)}$`));
  const { stdout: json } = await weftChain("trace", "n6", "-n", "core", "--source", source, "--json");
  expect(JSON.parse(json)).toMatchObject({
    flows: [{ source, spi: 7, isWhole: true, stops: [{ at: "classifier" }, { at: "2" }, { at: "1" }, { at: "0" }] }],
  });
  const { stdout: other } = await weftChain("trace", "n6", "-n", "core", "--source", "10.9.9.9:1");
  expect(other).toBe("no live flow\n");
});

test("trace by some proxies alone shows what they know, and what is missing", async () => {
  const socket = connect({ host: all.client.address, port: listenPort });
  all.mesh.onStop(() => socket.destroy());
  socket.write("x");
  await once(socket, "data");
  const source = `${all.client.address}:${socket.localPort}`;
  const url = (address: string) => ["--proxy-url", `http://${address}:${proxyAdminPort}`];
  const options = [...url(all.client.address), ...url(all.second.address), ...url("127.77.34.99")];
  const { exitCode, stdout } = await weftChain("trace", "n6", "--source", source, ...options);
  expect(exitCode).toBe(69);
  expect(stdout).toContain("core/client-0 > core/first-0? > core/second-0 (dpi) > core/server-0?  (not whole)");
  expect(stdout).toMatch(/^not heard of: the proxy at http:\/\/127\.77\.34\.99:15020 does not answer: /m);
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not synchronously: what it asks lives in this process. */
function weftChain(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cli/weft.ts", "chain", ...args, "--control-url", control.url]);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject).once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
