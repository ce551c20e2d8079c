import { expect, test } from "vitest";
import { podCapacityAnnotation, shareWithinAnnotation, siteSharingOf } from "../core/model/site-sharing.ts";
import { addressOf, meshCluster, meshNode, meshPod, meshService } from "../test/builders/mesh-cluster.ts";
import { indexMesh } from "./mesh-index.ts";
import { sharedTargets } from "./shared-services.ts";

const pods = [
  meshPod("ue-0", "n1", "dn=15010"),
  meshPod("ue-1", "n1", "other=15010"),
  meshPod("dn-0", "n1"),
  meshPod("dn-1", "n1", "", { isReady: false }),
  meshPod("other-0", "n1"),
];
const sharing = siteSharingOf({ [shareWithinAnnotation]: "5", [podCapacityAnnotation]: "1M" });

const indexWith = (services: readonly ReturnType<typeof meshService>[]) =>
  indexMesh(meshCluster({ nodes: [meshNode("n1", "z1")], services, pods }));
const urls = (...names: readonly string[]) => names.map((name) => `http://${addressOf(name)}:15020/metrics`);

test("who takes a shared Service's load is asked, and nobody else", () => {
  const index = indexWith([{ ...meshService("dn"), sharing }, meshService("other")]);
  expect(sharedTargets(index, { withClients: false })).toEqual(urls("dn-0"));
});

test("where delays are measured who dials it is asked too", () => {
  const index = indexWith([{ ...meshService("dn"), sharing }, meshService("other")]);
  expect(sharedTargets(index, { withClients: true })).toEqual(urls("dn-0", "ue-0"));
});

test("while no Service is shared nobody is asked", () => {
  expect(sharedTargets(indexWith([meshService("dn"), meshService("other")]), { withClients: true })).toEqual([]);
  expect(sharedTargets(undefined, { withClients: true })).toEqual([]);
});
