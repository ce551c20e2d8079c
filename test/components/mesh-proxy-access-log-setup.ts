/** Reads what proxies log of their traffic. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { z } from "zod";
import { waitUntil } from "../tools/wait-until.ts";
import type { TestMesh } from "./mesh-proxy-setup.ts";

const text = z.string().min(1);
const count = z.int().min(0);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

/** Every key that there is, so that a new one is noticed. */
const lineSchema = z.strictObject({
  start_time: z.iso.datetime({ precision: 3 }),
  protocol: z.enum(["HTTP/1.1", "HTTP/2", "TCP", "UDP"]),
  method: z.string().optional(),
  path: z.string().optional(),
  authority: z.string().optional(),
  user_agent: text.optional(),
  response_code: count.optional(),
  grpc_status: count.optional(),
  response_flags: text,
  response_code_details: text.optional(),
  bytes_received: count,
  bytes_sent: count,
  duration: z.number().min(0),
  downstream_remote_address: text.optional(),
  upstream_host: text.optional(),
  downstream_peer_uri_san: text.optional(),
  route_name: text.optional(),
  trace_id: hex(32).optional(),
  span_id: hex(16).optional(),
  weft_policy_decision: z.enum(["allowed", "denied"]).optional(),
  weft_policy: text.optional(),
  weft_function: text.optional(),
  reporter: z.enum(["source", "destination"]),
  source_workload: text,
  source_workload_namespace: text,
  source_pod: text,
  source_node: text,
  source_app: text,
  destination_workload: text,
  destination_workload_namespace: text,
  destination_pod: text,
  destination_node: text,
  destination_app: text,
  destination_service: text,
  destination_service_name: text,
  destination_service_namespace: text,
  request_protocol: z.enum(["tcp", "http", "udp"]),
  connection_security_policy: z.enum(["none", "mutual_tls"]),
  weft_chain: text.optional(),
  weft_spi: text.optional(),
  weft_hop: text.optional(),
});

export type LoggedLine = z.infer<typeof lineSchema>;

export function parseLines(lines: string): readonly LoggedLine[] {
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

export interface TestLogs {
  fileOf(pod: string): string;
  /** Once there are as many as that, and some time for more. */
  lines(pod: string, lineCount: number): Promise<readonly LoggedLine[]>;
}

export function createTestLogs(mesh: TestMesh): TestLogs {
  const folder = mkdtempSync(path.join(os.tmpdir(), "weft-log-"));
  mesh.onStop(() => rmSync(folder, { recursive: true }));
  const fileOf = (pod: string) => path.join(folder, `${pod}.log`);
  return {
    fileOf,
    async lines(pod, lineCount) {
      const read = () => parseLines(readFileSync(fileOf(pod), "latin1"));
      const what = `${lineCount} lines of ${pod}`;
      await waitUntil(async () => read().length >= lineCount, { what, timeoutMs: 5000 });
      const lines = read();
      if (lines.length !== lineCount) throw new Error(`${lines.length} lines instead of ${what}`);
      return lines;
    },
  };
}
