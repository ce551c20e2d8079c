import { expect, test } from "vitest";
import { localityBetween, type Place, placeOf } from "./locality.ts";

const a: Place = { node: "a", rack: "r1", zone: "z1", region: "eu" };

const cases: readonly { name: string; other: Place; locality: string }[] = [
  { name: "the same node", other: a, locality: "node" },
  { name: "another node of the rack", other: { ...a, node: "b" }, locality: "rack" },
  { name: "another rack of the zone", other: { ...a, node: "b", rack: "r2" }, locality: "zone" },
  { name: "another zone of the region", other: { ...a, node: "b", zone: "z2" }, locality: "region" },
  { name: "a rack of the same name in another zone", other: { ...a, node: "b", zone: "z2" }, locality: "region" },
  { name: "another region", other: { ...a, node: "b", region: "us" }, locality: "other" },
  { name: "a node without labels", other: { node: "b" }, locality: "other" },
];

test.each(cases)("localityBetween: $name is $locality", ({ other, locality }) => {
  expect(localityBetween(a, other)).toBe(locality);
  expect(localityBetween(other, a)).toBe(locality);
});

test("two nodes without labels share nothing", () => {
  expect(localityBetween({ node: "b" }, { node: "c" })).toBe("other");
});

test("placeOf reads the standard topology labels", () => {
  const labels = {
    "topology.kubernetes.io/zone": "z",
    "topology.kubernetes.io/region": "r",
    "topology.weft.dev/rack": "k",
  };
  expect(placeOf("n", labels)).toEqual({ node: "n", rack: "k", zone: "z", region: "r" });
});
