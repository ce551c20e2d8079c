import { expect, test } from "vitest";
import type { Pod } from "../../../core/model/pod.ts";
import { livePod } from "../../../test/builders/live-cluster.ts";
import { GatedGroups } from "./gated-groups.ts";

const times = { quietMs: 100, gatherMsMax: 800, waitMsMax: 1000 };
const nobody = () => false;

function gated(name: string, { group = "5gc", size }: { group?: string; size?: number } = {}): Pod {
  return livePod(name, {
    labels: { "weft.dev/placement-group": group },
    annotations: size === undefined ? {} : { "weft.dev/placement-group-size": String(size) },
    schedulingGates: [{ name: "weft.dev/placement" }],
  });
}

const namesOf = (groups: ReturnType<GatedGroups["takeDue"]>) =>
  Object.fromEntries(groups.map(({ key, pods }) => [key, pods.map(({ name }) => name)]));

test("groups are told of once, each when it is whole", () => {
  const groups = new GatedGroups(times);
  groups.update([gated("amf-0", { group: "one" }), gated("udm-0", { group: "two" })], nobody, 0);
  const all = [gated("amf-0", { group: "one" }), gated("udm-0", { group: "two" }), gated("smf-0", { group: "one" })];
  groups.update(all, nobody, 50);
  expect(groups.nextDueAtMs()).toBe(100);
  expect(namesOf(groups.takeDue(100))).toEqual({ "core/two": ["udm-0"] });
  expect(namesOf(groups.takeDue(150))).toEqual({ "core/one": ["amf-0", "smf-0"] });
  expect(namesOf(groups.takeDue(10_000))).toEqual({});
});

test("a group is whole by the largest size that any of its pods says", () => {
  const groups = new GatedGroups(times);
  groups.update([gated("amf-0", { size: 2 }), gated("smf-0", { size: 3 })], nobody, 0);
  expect(groups.nextDueAtMs()).toBe(times.gatherMsMax);
  groups.update([gated("amf-0", { size: 2 }), gated("smf-0", { size: 3 }), gated("nrf-0")], nobody, 10);
  expect(Object.keys(namesOf(groups.takeDue(10)))).toEqual(["core/5gc"]);
});

test("pods that are seen to wait for nothing, and hold no group back", () => {
  const groups = new GatedGroups(times);
  const [amf, smf] = [gated("amf-0"), gated("smf-0")];
  groups.update([amf, smf], ({ name }) => name === "amf-0", 0);
  expect(namesOf(groups.takeDue(100))).toEqual({ "core/5gc": ["smf-0"] });
  expect(groups.gated).toHaveLength(2);
});

test("a pod whose release failed is in a group of its own time again", () => {
  const groups = new GatedGroups(times);
  groups.update([gated("amf-0")], nobody, 0);
  groups.takeDue(100);
  groups.update([gated("amf-0")], () => true, 150);
  groups.update([gated("amf-0")], nobody, 500);
  expect(groups.nextDueAtMs()).toBe(600);
});

test("a pod is overdue by when it was first seen, whatever was tried with it", () => {
  const groups = new GatedGroups(times);
  groups.update([gated("amf-0")], nobody, 0);
  groups.update([gated("amf-0"), gated("smf-0")], () => true, 600);
  expect(groups.overdue(999)).toEqual([]);
  expect(groups.overdue(1000).map(({ name }) => name)).toEqual(["amf-0"]);
  expect(groups.nextOverdueAtMs(nobody)).toBe(1000);
  expect(groups.nextOverdueAtMs(({ name }) => name === "amf-0")).toBe(1600);
});

test("bound, ended and ungated pods are none of them", () => {
  const groups = new GatedGroups(times);
  const bound = { ...gated("amf-0"), node: "a" };
  const others = [
    { ...gated("smf-0"), isTerminating: true },
    { ...gated("nrf-0"), isFinished: true },
    livePod("udm-0"),
  ];
  groups.update([bound, ...others], nobody, 0);
  expect(groups.gated).toEqual([]);
  expect(groups.nextDueAtMs()).toBe(Number.POSITIVE_INFINITY);
});

test("after a reset nobody has been seen", () => {
  const groups = new GatedGroups(times);
  groups.update([gated("amf-0")], nobody, 0);
  groups.reset();
  expect(groups.gated).toEqual([]);
  groups.update([gated("amf-0")], nobody, 900);
  expect(groups.overdue(1000)).toEqual([]);
});
