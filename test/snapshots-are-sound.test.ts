/** What mesh-control builds, whatever the cluster looks like, is what proxies accept: they never import each other, so they meet here. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { MeshSnapshot } from "../core/model/mesh-snapshot.ts";
import { podKey } from "../core/model/pod.ts";
import type { TrafficMatch } from "../core/model/traffic-match.ts";
import { buildSnapshot } from "../mesh-control/build-snapshot.ts";
import { indexMesh } from "../mesh-control/mesh-index.ts";
import { pathProofs } from "../mesh-control/path-proofs.ts";
import { peersText, snapshotLine, snapshotText } from "../mesh-control/snapshot-line.ts";
import { findContradiction } from "../mesh-proxy/route/find-contradiction.ts";
import { parseMeshSnapshot } from "../platform/schema/mesh-snapshot-schema.ts";
import {
  addressOf,
  chain,
  type MeshObjects,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path,
  serviceFunction,
} from "./builders/mesh-cluster.ts";

const nodeNames = ["n1", "n2", "n3"];
const podNames = ["ue-0", "ue-1", "fw-0", "fw-1", "dpi-0", "dpi-1", "dn-0", "dn-1"];

const anyPod = (name: string) =>
  fc.record({
    name: fc.constant(name),
    node: fc.constantFrom(...nodeNames, undefined),
    isReady: fc.boolean(),
    isTerminating: fc.boolean(),
    isFinished: fc.boolean(),
    address: fc.constantFrom(addressOf(name), addressOf("shared"), undefined),
    upstreams: fc.constantFrom("dn=15010", "dn=15010,dn:80=15011,nowhere=15012,dn=15010,dn=15008", "x,=,dn:99=1"),
  });

/** Weights towards pods of any kind and state, as an old path has them. */
const anyWeights = fc.array(
  fc
    .tuple(fc.constantFrom(...nodeNames, ...podNames), fc.constantFrom(...podNames, "gone-0"), fc.nat(10_000))
    .map(([from, to, weight]) => `${from}>${to}=${weight}`),
  { maxLength: 6 },
);
const anyPath = fc.record({
  chain: fc.constantFrom("a", "b", "gone"),
  spi: fc.integer({ min: 1, max: 3 }),
  isActive: fc.boolean(),
  functions: fc.subarray(["fw", "dpi", "gone"]),
  weights: fc.array(anyWeights, { minLength: 4, maxLength: 4 }),
});
const anyMatch = fc.constantFrom<(TrafficMatch | undefined)[]>(
  undefined,
  { sources: ["10.0.0.0/8"] },
  { serverNames: ["dn"] },
  { http: { hosts: ["*.dn"], supis: [{ type: "Prefix", value: "imsi-20893" }] } },
);
const anyPolicy = fc.constantFrom("Bypass" as const, "Block" as const);

const everything = { from: { app: "ue" }, to: { service: "dn", port: 80 } };

const proofs = pathProofs("Report", Buffer.alloc(32));

const anyMesh: fc.Arbitrary<MeshObjects> = fc
  .record({
    pods: fc.tuple(...podNames.map(anyPod)),
    paths: fc.array(anyPath, { maxLength: 4 }),
    policies: fc.tuple(anyPolicy, anyPolicy),
    matches: fc.tuple(anyMatch, anyMatch),
    appProtocol: fc.constantFrom("http", "tcp", "grpc"),
  })
  .map(({ pods, paths, matches: [ofA, ofB], appProtocol, policies: [ofFirewall, ofInspection] }) => ({
    nodes: nodeNames.map((name, at) => meshNode(name, `z${at % 2}`)),
    services: [meshService("dn", [{ port: 80, targetPort: 8080, appProtocol }])],
    functions: [
      serviceFunction("fw", { failurePolicy: ofFirewall }),
      serviceFunction("dpi", { failurePolicy: ofInspection }),
    ],
    chains: [
      chain("a", ["fw"], { classifier: { ...everything, match: ofA } }),
      chain("b", ["fw", "dpi"], { priority: 1, classifier: { ...everything, match: ofB } }),
    ],
    pods: pods.map(({ name, upstreams, ...changes }) => meshPod(name, "n1", upstreams, changes)),
    paths: paths.map(({ chain: of, spi, isActive, functions, weights }, at) => {
      const hops = [...functions.map((name) => ({ function: name })), {}];
      const sketches = hops.map((hop, position) => ({ ...hop, weights: weights[position] ?? [] }));
      return path(of, spi, sketches, { isActive, name: `${of}-${spi}-${at}` });
    }),
  }));

test("every snapshot of any mesh is free of contradictions", () => {
  let built = 0;
  fc.assert(
    fc.property(anyMesh, (objects) => {
      const index = indexMesh(meshCluster(objects), { proofs });
      for (const pod of objects.pods ?? []) {
        const answer = buildSnapshot(index, podKey(pod));
        if (answer.kind === "outside") continue;
        built++;
        const text = snapshotText(answer.content, peersText(index.peers));
        const received: MeshSnapshot = JSON.parse(snapshotLine({ version: 1, text }));
        expect(findContradiction(received)).toBeUndefined();
        expect(parseMeshSnapshot(received)).toEqual({ kind: "parsed", value: received });
        expect(received).toEqual({ version: 1, ...answer.content });
      }
    }),
    { numRuns: 500 },
  );
  expect(built).toBeGreaterThan(500);
});
