/** Proof of transit through real proxies: what a destination makes of flows that passed a path, and of those that did not. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LocalFunction, ProofMode } from "../../core/model/mesh-snapshot.ts";
import {
  applyPath,
  ask,
  chain,
  createPathMesh,
  echoApp,
  exchange,
  httpApp,
  listenPort,
  type PathMesh,
  passingFunction,
  spi,
} from "./mesh-proxy-path-setup.ts";
import { samplesOf, sumOf, upstream } from "./mesh-proxy-setup.ts";

const keys = { fw: "2".repeat(64), dpi: "1".repeat(64) };
let all: PathMesh;

beforeEach(async () => {
  all = await createPathMesh("127.77.35");
});
afterEach(() => all.mesh.stop());

interface ProvedOptions {
  readonly mode: ProofMode;
  readonly protocol?: "tcp" | "http1";
  readonly function?: Partial<LocalFunction>;
  readonly firstKey?: string | undefined;
  /** The dpi may be bypassed, as its destination knows. */
  readonly isOptional?: boolean;
}

async function applyProved({ mode, protocol = "tcp", ...options }: ProvedOptions) {
  const [first, second] = [await passingFunction(all, all.first), await passingFunction(all, all.second)];
  const ports = {
    first: first.port,
    second: second.port,
    app: protocol === "tcp" ? await echoApp(all) : await httpApp(all),
  };
  const proof = {
    mode,
    keys: [
      { serviceIndex: 2, key: keys.fw },
      { serviceIndex: 1, key: keys.dpi, ...(options.isOptional ? { isOptional: true } : {}) },
    ],
  };
  const hopKeys = { fw: "firstKey" in options ? options.firstKey : keys.fw, dpi: keys.dpi };
  await applyPath(all, { protocol, ports, function: options.function ?? {}, proof, hopKeys });
  return { first, second, ports };
}

async function verdicts(): Promise<Readonly<Record<string, number>>> {
  const samples = await samplesOf(all.server.proxy, "weft_hop_proofs_total");
  for (const { labels } of samples) expect([labels.get("weft_chain"), labels.get("weft_spi")]).toEqual(["n6", "7"]);
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.get("verdict") ?? "", value]));
}

/** A classifier that sends its flows around the first function, straight to the second. */
async function skipFirst(ports: { readonly second: number; readonly app: number }, protocol: "tcp" | "http1" = "tcp") {
  const path = { chain, spi, serviceIndex: 1, next: [all.second.endpoint(ports.second)], isProved: true };
  await all.client.apply({
    upstreams: [upstream({ listenPort, protocol, endpoints: [all.server.endpoint(ports.app)], path })],
  });
}

test("a flow that every function got is proved, and functions see nothing of it", async () => {
  await applyProved({ mode: "Refuse" });
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({ proved: 1 });
});

test("a flow that a function was left out of is noticed, and refused where that is asked for", async () => {
  const { ports } = await applyProved({ mode: "Refuse" });
  await skipFirst(ports);
  await expect(exchange(all, "x")).rejects.toThrow("ECONNRESET");
  expect(await verdicts()).toEqual({ skipped: 1 });
  expect(await sumOf(all.server.proxy, "weft_hop_errors_total", { reason: "proof_failed" })).toBe(1);
  expect(await sumOf(all.server.proxy, "weft_proxy_refused_connections_total", { reason: "proof_failed" })).toBe(1);
});

test("where proofs are only reported, such a flow goes on", async () => {
  const { ports } = await applyProved({ mode: "Report" });
  await skipFirst(ports);
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({ skipped: 1 });
  expect(await sumOf(all.server.proxy, "weft_hop_errors_total")).toBe(0);
});

test("a flow without a proof, and one signed with another key, are told apart", async () => {
  const { ports } = await applyProved({ mode: "Report", firstKey: "3".repeat(64) });
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({ forged: 1 });
  const path = { chain, spi, serviceIndex: 2, next: [all.first.endpoint(ports.first)] };
  await all.client.apply({ upstreams: [upstream({ listenPort, endpoints: [all.server.endpoint(ports.app)], path })] });
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({ forged: 1, absent: 1 });
});

test("a function that is bypassed does not sign: told as bypassed where it may be, and not refused", async () => {
  const { second } = await applyProved({
    mode: "Refuse",
    isOptional: true,
    function: { failurePolicy: "Bypass" },
  });
  second.close();
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({ bypassed: 1 });
});

test("on HTTP/1.1 the connections between proxies are proved, and each request by the one that it comes on", async () => {
  const { ports } = await applyProved({ mode: "Refuse", protocol: "http1" });
  expect([await ask(all, "/"), await ask(all, "/")]).toEqual([200, 200]);
  expect(await verdicts()).toEqual({ proved: 2 });
  await skipFirst(ports, "http1");
  expect(await ask(all, "/")).toBe(503);
  expect(await verdicts()).toEqual({ proved: 2, skipped: 1 });
  expect(await sumOf(all.server.proxy, "weft_hop_errors_total", { reason: "proof_failed" })).toBe(1);
});

test("a path without proofs is carried as before", async () => {
  const { first, second, ports } = await applyProved({ mode: "Refuse" });
  await applyPath(all, { ports: { ...ports, first: first.port, second: second.port } });
  expect(await exchange(all, "x")).toBe("x");
  expect(await verdicts()).toEqual({});
});

test("the admin port does not tell the key", async () => {
  await applyProved({ mode: "Report" });
  for (const pod of [all.first, all.second, all.server]) {
    const text = await (await fetch(`${pod.proxy.addresses.admin.url}/config`)).text();
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  }
});
