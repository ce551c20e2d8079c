import { describe, expect, test } from "vitest";
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { serviceOf } from "../../core/model/service.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { chainCluster, loseReadiness, putChain, putFunction, putPod } from "../../test/builders/chain-cluster.ts";
import { clusterStateOf } from "./cluster-state.ts";
import { examineChain, type RunnableChain } from "./examine-chain.ts";

const match = { sources: ["10.0.0.0/8"] };
const byBranch = { from: {}, isByBranchOnly: true, to: { service: "dn", port: 8080 } };

function findingOf(cluster: MemoryCluster, chain: ServiceFunctionChain) {
  return examineChain(chain, clusterStateOf(cluster));
}

function runnable(cluster: MemoryCluster, chain: ServiceFunctionChain): RunnableChain {
  const finding = findingOf(cluster, chain);
  if (finding.kind !== "runnable") throw new Error(`chain is ${finding.kind}`);
  return finding;
}

test("a chain is refused whose port takes UDP datagrams", () => {
  const cluster = chainCluster();
  const ports = [{ name: "gtp-u", port: 2152, protocol: "UDP" }];
  const selector = { app: "dn" };
  cluster.services.put(serviceOf({ metadata: { namespace: "edge", name: "n3" }, spec: { selector, ports } }));
  const chain = putChain(cluster, { classifier: { from: { app: "upf" }, to: { service: "n3", port: 2152 } } });
  expect(findingOf(cluster, chain)).toEqual({
    kind: "rejected",
    reason: "ProtocolMismatch",
    message:
      "spec.classifier.to.port: chains take TCP connections, and port 2152 of the Service n3 speaks gtp-u over UDP",
  });
});

describe("branches", () => {
  test("that lead in circles are refused for every chain of the circle, with the field and the way", () => {
    const cluster = chainCluster();
    const inspect = putChain(cluster, { branches: [{ after: "dpi", match, to: "video" }] });
    const functions = ["firewall"];
    const video = putChain(cluster, {
      name: "video",
      functions,
      branches: [{ after: "firewall", match, to: "inspect" }],
    });
    const before = putChain(cluster, { name: "before", branches: [{ after: "dpi", match, to: "video" }] });
    expect(findingOf(cluster, inspect)).toEqual({
      kind: "rejected",
      reason: "BranchLoops",
      message: "spec.branches[0].to: traffic would go in circles: inspect > video > inspect",
    });
    expect(findingOf(cluster, video)).toMatchObject({ reason: "BranchLoops", message: /video > inspect > video$/ });
    expect(findingOf(cluster, before).kind).toBe("runnable");
  });

  test("by keys of requests are refused where the port speaks TCP", () => {
    const cluster = chainCluster();
    putChain(cluster, { name: "video", classifier: byBranch });
    const http = { http: { methods: ["GET"] } };
    const chain = putChain(cluster, { branches: [{ after: "dpi", match: http, to: "video" }] });
    expect(findingOf(cluster, chain)).toEqual({
      kind: "rejected",
      reason: "ProtocolMismatch",
      message: "spec.branches[0].match.http: is of HTTP/1.1 requests, and port 8080 speaks tcp",
    });
  });

  test("make their function's instances sources of the chain that they lead to, which needs no others", () => {
    const cluster = chainCluster();
    const video = putChain(cluster, { name: "video", functions: ["firewall"], classifier: byBranch });
    expect(findingOf(cluster, video)).toMatchObject({ kind: "idle", reason: "NoClassifierPods" });
    putChain(cluster, { branches: [{ after: "dpi", match, to: "video" }] });
    const names = (chain: ServiceFunctionChain) => runnable(cluster, chain).sources.map(({ name }) => name);
    expect(names(video)).toEqual(["dpi-1", "dpi-2"]);
    expect(names(putChain(cluster, { name: "video" }))).toEqual(["upf-1", "dpi-1", "dpi-2"]);
  });

  test("of a path that is longer than a TTL lasts are refused", () => {
    const cluster = chainCluster();
    const functions = Array.from({ length: 63 }, (_, at) => `f${at}`);
    for (const name of functions) putFunction(cluster, { name });
    expect(findingOf(cluster, putChain(cluster, { functions }))).toMatchObject({
      reason: "PathTooLong",
      message: "spec.functions: 63 are passed, and a TTL lasts for 62",
    });
  });
});

describe("a tap", () => {
  test("is no function that traffic passes", () => {
    const cluster = chainCluster();
    putFunction(cluster, { name: "firewall", mode: "Tap" });
    const { functions, taps } = runnable(cluster, putChain(cluster));
    expect(functions.map(({ name }) => name)).toEqual(["dpi"]);
    expect(taps.map((tap) => [tap.function.name, tap.position])).toEqual([["firewall", 0]]);
  });

  test("without an instance blocks nothing, whatever its failure policy", () => {
    const cluster = chainCluster();
    putFunction(cluster, { name: "firewall", mode: "Tap", failurePolicy: "Block" });
    for (const name of ["firewall-1", "firewall-2"]) loseReadiness(cluster, name);
    expect(findingOf(cluster, putChain(cluster))).toMatchObject({
      kind: "runnable",
      without: { bypassed: ["firewall"], blocking: [] },
      taps: [],
    });
    putPod(cluster, "firewall-3", "n1", "firewall");
    expect(runnable(cluster, putChain(cluster)).taps).toHaveLength(1);
  });
});
