import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  chain,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path as pathOf,
  serviceFunction,
} from "../test/builders/mesh-cluster.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import { controlConfigSchema } from "./control-config.ts";
import { indexMesh } from "./mesh-index.ts";
import { pathProofs, readPathProofs } from "./path-proofs.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-proofs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const cluster = meshCluster({
  nodes: [meshNode("n1", "a")],
  pods: [meshPod("ue-0", "n1", "dn=15010"), meshPod("fw-0", "n1"), meshPod("opt-0", "n1"), meshPod("dn-0", "n1")],
  services: [meshService("dn")],
  functions: [serviceFunction("fw"), serviceFunction("opt", { failurePolicy: "Bypass" })],
  chains: [chain("n6", ["fw", "opt"])],
  paths: [
    pathOf("n6", 7, [
      { function: "fw", weights: ["n1>fw-0=10000"] },
      { function: "opt", weights: ["fw-0>opt-0=10000"] },
      { weights: ["opt-0>dn-0=10000"] },
    ]),
  ],
});
const proofs = pathProofs("Refuse", Buffer.alloc(32, 1));

function contentOf(proxy: string, from: ReturnType<typeof indexMesh>) {
  const built = buildSnapshot(from, proxy);
  if (built.kind === "outside") throw new Error(built.reason);
  return built.content;
}

test("an instance has the key of its own hop, the destination those of all, the classifier none", () => {
  const index = indexMesh(cluster, { proofs });
  const [fw, opt] = [contentOf("core/fw-0", index).hops[0], contentOf("core/opt-0", index).hops[0]];
  expect(fw?.proofKey).toMatch(/^[0-9a-f]{64}$/);
  expect(contentOf("core/dn-0", index).arrivals).toEqual([
    {
      chain: "n6",
      spi: 7,
      proof: {
        mode: "Refuse",
        keys: [
          { serviceIndex: 2, key: fw?.proofKey },
          { serviceIndex: 1, key: opt?.proofKey, isOptional: true },
        ],
      },
    },
  ]);
  expect(opt?.proofKey).not.toBe(fw?.proofKey);
  const classifier = contentOf("core/ue-0", index);
  expect(classifier.upstreams[0]?.path?.isProved).toBe(true);
  expect(JSON.stringify(classifier)).not.toMatch(/[0-9a-f]{64}/);
});

test("while proofs are off nothing of them is in a snapshot", () => {
  const index = indexMesh(cluster);
  for (const proxy of ["ue-0", "fw-0", "dn-0"])
    expect(JSON.stringify(contentOf(`core/${proxy}`, index))).not.toMatch(/proof|isProved/i);
});

test("keys are the same from every replica with the same secret, and another for each path", () => {
  const [first, second] = cluster.serviceFunctionPaths.list().flatMap((one) => [one, { ...one, spi: 8 }]);
  if (first === undefined || second === undefined) throw new Error("no path");
  expect(pathProofs("Report", Buffer.alloc(32, 1)).keyOf(first, 2)).toBe(proofs.keyOf(first, 2));
  expect(pathProofs("Report", Buffer.alloc(32, 2)).keyOf(first, 2)).not.toBe(proofs.keyOf(first, 2));
  expect(proofs.keyOf(second, 2)).not.toBe(proofs.keyOf(first, 2));
});

test("a secret is needed, of 32 bytes or more, unless proofs are off", () => {
  const file = path.join(folder, "secret");
  const read = (config: object) => () => readPathProofs(controlConfigSchema.parse(config));
  expect(read({})()).toBeUndefined();
  expect(read({ proofOfTransit: "Report" })).toThrow("proofSecretFile: is needed unless proofOfTransit is Off");
  expect(read({ proofOfTransit: "Report", proofSecretFile: file })).toThrow(/^proofSecretFile: ENOENT/);
  writeFileSync(file, "x".repeat(31));
  expect(read({ proofOfTransit: "Report", proofSecretFile: file })).toThrow(/has 31 bytes, fewer than 32/);
  writeFileSync(file, "x".repeat(32));
  expect(read({ proofOfTransit: "Refuse", proofSecretFile: file })()?.mode).toBe("Refuse");
});
