/**
 * OpenTelemetry's own protobuf definitions (PyPI's `opentelemetry-proto`) read what two proxies send to their collector:
 * `node test/judges/otlp.ts [python]`. Fails on a field that they do not know, a value of another type, or an id of another length.
 * Without a path it makes a virtual environment; without Python it says so and skips.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createTestMesh, upstream } from "../components/mesh-proxy-setup.ts";
import { waitUntil } from "../tools/wait-until.ts";

const run = promisify(execFile);
const listenPort = 15_010;

/** OTLP's JSON has ids in hexadecimal digits where protobuf's has base64. */
const reader = `
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
count = 0
for line in sys.stdin:
    body = json.loads(line)
    for resource in body["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:
                        span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    read = json_format.ParseDict(body, ExportTraceServiceRequest(), ignore_unknown_fields=False)
    for resource in read.resource_spans:
        assert any(one.key == "service.name" for one in resource.resource.attributes)
        for span in (one for scope in resource.scope_spans for one in scope.spans):
            assert len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8)
            assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
            count += 1
print(count)
`;

const folder = await mkdtemp(path.join(tmpdir(), "otlp-"));
try {
  const python = process.argv[2] ?? (await environment());
  if (python === undefined) say("SKIPPED: the judge needs Python 3 with venv, which is not here; nothing was judged");
  else await judge(python);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function environment(): Promise<string | undefined> {
  try {
    await run("python3", ["-m", "venv", folder]);
  } catch {
    return undefined;
  }
  await run(path.join(folder, "bin", "pip"), ["install", "--quiet", "opentelemetry-proto"]);
  return path.join(folder, "bin", "python");
}

async function judge(python: string): Promise<void> {
  const bodies = await sentBodies(["/a?b=c", '/"\u00e9', "/bad"]);
  const judging = spawn(python, ["-c", reader], { stdio: ["pipe", "pipe", "inherit"] });
  judging.stdin.end(`${bodies.join("\n")}\n`);
  let said = "";
  judging.stdout.on("data", (text) => {
    said += text;
  });
  const [code] = await once(judging, "close");
  say(`${bodies.length} requests; spans that were read: ${said.trim()} of 6`);
  if (code !== 0 || said.trim() !== "6") process.exitCode = 1;
}

/** What the collector got of requests on these paths, each through two proxies. */
async function sentBodies(paths: readonly string[]): Promise<readonly string[]> {
  const bodies: string[] = [];
  const collector = createServer((incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (text) => {
      body += text;
    });
    incoming.on("end", () => {
      bodies.push(body);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const traceUrl = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const mesh = createTestMesh("127.77.86");
  const [client, server] = [
    await mesh.pod("client-0", { traceUrl, traceShare: 1 }),
    await mesh.pod("server-0", { traceUrl }),
  ];
  const app = createServer((incoming, response) => response.writeHead(incoming.url === "/bad" ? 500 : 200).end());
  app.listen(0, server.address);
  await once(app, "listening");
  await server.apply({});
  const endpoints = [server.endpoint((app.address() as AddressInfo).port)];
  await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints })] });
  for (const target of paths) {
    const headers = { traceparent: "", tracestate: "a=1" };
    const outgoing = request({
      host: client.address,
      port: listenPort,
      path: encodeURI(target),
      headers,
      agent: false,
    });
    outgoing.end();
    const [incoming] = await once(outgoing, "response");
    for await (const _ of incoming);
  }
  await waitUntil(() => bodies.join("").split('"spanId"').length > 2 * paths.length, {
    what: "spans",
    timeoutMs: 10_000,
  });
  await mesh.stop();
  for (const one of [app, collector]) {
    one.close();
    one.closeAllConnections();
  }
  return bodies;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
