import { expect, test } from "vitest";
import {
  addressOf,
  chain,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path,
  serviceFunction,
} from "../test/builders/mesh-cluster.ts";
import { chainProxies } from "./chain-proxies.ts";
import { indexMesh } from "./mesh-index.ts";

const cluster = meshCluster({
  nodes: [meshNode("n1", "a")],
  pods: [
    meshPod("ue-0", "n1", "dn=15010"),
    meshPod("ue-1", "n1", "dn:81=15010"),
    meshPod("ue-2", "n1", "dn=15010", { isReady: false }),
    meshPod("amf-0", "n1", "dn=15010"),
    meshPod("fw-0", "n1"),
    meshPod("fw-1", "n1"),
    meshPod("dn-0", "n1"),
    meshPod("dn-1", "n1"),
  ],
  services: [meshService("dn")],
  functions: [serviceFunction("fw")],
  chains: [chain("n6", ["fw"])],
  paths: [
    path("n6", 7, [{ function: "fw", weights: ["n1>fw-0=10000"] }, { weights: ["fw-0>dn-0=10000"] }]),
    path("n6", 6, [{ function: "fw", weights: ["n1>gone-0=10000"] }, { weights: ["gone-0>dn-0=10000"] }], {
      name: "n6-6",
      isActive: false,
    }),
  ],
});

test("a chain's proxies are the live pods that it takes traffic of, instances on its paths, and all of its destination", () => {
  const place = (name: string) => ({ pod: `core/${name}`, node: "n1", address: addressOf(name) });
  expect(chainProxies(indexMesh(cluster), "core", "n6")).toEqual({
    namespace: "core",
    chain: "n6",
    paths: [
      { spi: 6, isActive: false },
      { spi: 7, isActive: true },
    ],
    classifiers: [place("ue-0")],
    hops: [place("dn-0"), place("dn-1"), place("fw-0")],
  });
});

test("a chain that is not known has none", () => {
  expect(chainProxies(indexMesh(cluster), "core", "n7")).toBeUndefined();
});
