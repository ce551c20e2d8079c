import { expect, test } from "vitest";
import type { GatedPod } from "../../core/ports/pod-release.ts";
import {
  type JsonPatchOperation,
  type ReleasedPodObject,
  releasePatchOfRead,
  releasePatchOfSeen,
} from "./release-patch.ts";

const gates = [{ name: "example.com/quota" }, { name: "weft.dev/placement" }];
const metadata = { uid: "u", resourceVersion: "7" };
const isNode = { key: "metadata.name", operator: "In", values: ["n1"] };
const inZone = { key: "zone", operator: "In", values: ["z"] };
const preferring = { weight: 100, preference: { matchFields: [isNode] } };

const pod = (spec: ReleasedPodObject["spec"] = {}, annotations?: Readonly<Record<string, string>>) => ({
  metadata: { ...metadata, ...(annotations ? { annotations } : {}) },
  spec: { schedulingGates: gates, ...spec },
});
const required = (...nodeSelectorTerms: readonly object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
type Patch = readonly JsonPatchOperation[] | undefined;
const pathsOf = (patch: Patch) => patch?.map(({ op, path }) => `${op} ${path}`);
const valueAt = (patch: Patch, path: string) =>
  patch?.flatMap((operation) => (operation.path === path && "value" in operation ? [operation.value] : []))[0];

test("a pod that has no node to go to loses this gate, and nothing else of it changes", () => {
  expect(releasePatchOfRead(pod())).toEqual([
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "remove", path: "/spec/schedulingGates/1" },
  ]);
});

test("a pod without the gate needs no patch", () => {
  expect(releasePatchOfRead(pod({ schedulingGates: [{ name: "example.com/quota" }] }))).toBeUndefined();
  expect(releasePatchOfRead({ metadata, spec: {} })).toBeUndefined();
});

test("the node is written in the same patch, before the gate goes", () => {
  const patch = releasePatchOfRead(pod(), { node: "n1", affinity: "preferred" });
  expect(pathsOf(patch)).toEqual([
    "test /metadata/uid",
    "test /metadata/resourceVersion",
    "add /metadata/annotations",
    "add /spec/affinity",
    "remove /spec/schedulingGates/1",
  ]);
  expect(valueAt(patch, "/metadata/annotations")).toEqual({ "weft.dev/planned-node": "n1" });
  expect(valueAt(patch, "/spec/affinity")).toEqual({
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferring] },
  });
});

test("annotations and affinities that are there stay", () => {
  const preferred = [{ weight: 1, preference: { matchExpressions: [inZone] } }];
  const affinity = {
    podAntiAffinity: {},
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred },
  };
  const patch = releasePatchOfRead(pod({ affinity }, { own: "word" }), { node: "n1", affinity: "preferred" });
  expect(valueAt(patch, "/metadata/annotations/weft.dev~1planned-node")).toBe("n1");
  expect(valueAt(patch, "/spec/affinity")).toBeUndefined();
  expect(valueAt(patch, "/spec/affinity/nodeAffinity")).toEqual({
    preferredDuringSchedulingIgnoredDuringExecution: [...preferred, preferring],
  });
});

const requirements: readonly { name: string; before: readonly object[]; after: readonly object[] }[] = [
  { name: "nothing before is required alone", before: [], after: [{ matchFields: [isNode] }] },
  {
    name: "each term before is required besides",
    before: [{ matchExpressions: [inZone] }, { matchFields: [{ ...isNode, operator: "NotIn", values: ["n2"] }] }],
    after: [
      { matchExpressions: [inZone], matchFields: [isNode] },
      { matchFields: [{ ...isNode, operator: "NotIn", values: ["n2"] }, isNode] },
    ],
  },
  {
    name: "a term that holds for no node before holds for none after",
    before: [{}, { matchExpressions: [inZone] }],
    after: [{}, { matchExpressions: [inZone], matchFields: [isNode] }],
  },
];

test.each(requirements)("a required node where $name", ({ before, after }) => {
  const patch = releasePatchOfRead(pod(required(...before)), { node: "n1", affinity: "required" });
  expect(valueAt(patch, "/spec/affinity/nodeAffinity")).toEqual(required(...after).affinity.nodeAffinity);
});

const seen = (changes: Partial<GatedPod> = {}): GatedPod => {
  const schedulingGates = gates.map(({ name }) => name);
  return { namespace: "core", name: "amf-0", uid: "u", schedulingGates, annotations: {}, ...changes };
};

test("a pod without affinities is written as it was seen, if it still is so", () => {
  expect(releasePatchOfSeen(seen(), { node: "n1", affinity: "required" })).toEqual([
    { op: "test", path: "/metadata/uid", value: "u" },
    { op: "test", path: "/spec/schedulingGates/1/name", value: "weft.dev/placement" },
    { op: "test", path: "/metadata/annotations", value: null },
    { op: "test", path: "/spec/affinity", value: null },
    { op: "add", path: "/metadata/annotations", value: { "weft.dev/planned-node": "n1" } },
    { op: "add", path: "/spec/affinity", value: required({ matchFields: [isNode] }).affinity },
    { op: "remove", path: "/spec/schedulingGates/1" },
  ]);
});

test("affinities to pods, and annotations, stay as they are", () => {
  const patch = releasePatchOfSeen(seen({ affinity: "to-pods", annotations: { own: "word" } }), {
    node: "n1",
    affinity: "preferred",
  });
  expect(pathsOf(patch)).toEqual([
    "test /metadata/uid",
    "test /spec/schedulingGates/1/name",
    "test /spec/affinity/nodeAffinity",
    "add /metadata/annotations/weft.dev~1planned-node",
    "add /spec/affinity/nodeAffinity",
    "remove /spec/schedulingGates/1",
  ]);
});

test("without a node only the gate is looked at", () => {
  expect(pathsOf(releasePatchOfSeen(seen({ affinity: "to-pods" })))).toEqual([
    "test /metadata/uid",
    "test /spec/schedulingGates/1/name",
    "remove /spec/schedulingGates/1",
  ]);
});

test("a pod with an affinity to nodes has to be read, and one without the gate needs no patch", () => {
  expect(releasePatchOfSeen(seen({ affinity: "to-nodes" }))).toBeUndefined();
  expect(releasePatchOfSeen(seen({ schedulingGates: [] }))).toBeUndefined();
});
