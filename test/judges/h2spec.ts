/**
 * h2spec (github.com/summerwind/h2spec) against a Node HTTP/2 server alone, and through two proxies with each stream balanced:
 * `node test/judges/h2spec.ts [path of h2spec]`. Fails where the proxies fail a case that the server alone passes.
 * Without a path it is built with Go from its module; without Go it says so and skips.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createTestMesh, upstream } from "../components/mesh-proxy-setup.ts";

const run = promisify(execFile);
const module = "github.com/summerwind/h2spec/cmd/h2spec@latest";
const listenPort = 15_010;

const folder = await mkdtemp(path.join(tmpdir(), "h2spec-"));
try {
  const program = process.argv[2] ?? (await build());
  if (program === undefined) say("SKIPPED: h2spec needs Go (https://go.dev), which is not here; nothing was judged");
  else await judge(program);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function build(): Promise<string | undefined> {
  try {
    await run("go", ["version"]);
  } catch {
    return undefined;
  }
  const env = { ...process.env, GOBIN: folder, GOPATH: path.join(folder, "go"), GOFLAGS: "-mod=mod -modcacherw" };
  await run("go", ["install", module], { env });
  return path.join(folder, "h2spec");
}

async function judge(program: string): Promise<void> {
  const mesh = createTestMesh("127.78.31");
  const client = await mesh.pod("client-0");
  const server = await mesh.pod("server-0");
  const app = createServer();
  app.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.resume();
    stream.respond({ ":status": 200, "content-type": "text/plain" });
    stream.end("answer");
  });
  app.on("sessionError", () => {});
  app.listen(0, server.address);
  await once(app, "listening");
  const { port } = app.address() as { port: number };
  await server.apply({});
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "h2c", endpoints: [server.endpoint(port)] })] });
  const alone = await failuresOf(program, server.address, port);
  const through = await failuresOf(program, client.address, listenPort);
  const added = [...through.failed].filter((name) => !alone.failed.has(name));
  say(`${through.caseCount} cases; failed alone: ${alone.failed.size}, through the proxies: ${through.failed.size}`);
  for (const name of added) say(`new failure: ${name}`);
  process.exitCode = added.length > 0 || through.caseCount === 0 ? 1 : 0;
  await mesh.stop();
  app.close();
}

/** Reads h2spec's JUnit report; it exits with 1 where a case fails. */
async function failuresOf(
  program: string,
  host: string,
  port: number,
): Promise<{ readonly failed: ReadonlySet<string>; readonly caseCount: number }> {
  const report = path.join(folder, `report-${port}.xml`);
  await run(program, ["-h", host, "-p", String(port), "-o", "1", "-j", report], { maxBuffer: 2 ** 24 }).catch(() => {});
  const cases = (await readFile(report, "utf8")).split("<testcase ").slice(1);
  const failed = cases.filter((text) => text.includes("<failure") || text.includes("<error"));
  return { failed: new Set(failed.map(nameOf)), caseCount: cases.length };
}

function nameOf(text: string): string {
  const [, section = ""] = /package="([^"]*)"/.exec(text) ?? [];
  const [, title = ""] = /classname="([^"]*)"/.exec(text) ?? [];
  return `${section} ${title}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
