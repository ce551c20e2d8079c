import { describe, expect, test } from "vitest";
import { scenarioOf } from "../../test/builders/placement-scenario.ts";
import { hindranceTo } from "./hindrance.ts";

const scenario = scenarioOf({
  nodes: { a: 9, b: 9, full: 1, closed: 9 },
  services: {
    amf: { replicas: 3, initial: { a: 3 }, pinned: { a: 1 } },
    one: { replicas: 2, initial: { a: 1, b: 1 }, perNodeMax: 1 },
    kept: { initial: { a: 1 }, nodes: ["a", "b"] },
    stuck: { initial: { a: 1 }, pinned: { a: 1 } },
    filler: { initial: { full: 1 } },
  },
  traffic: [["amf", "filler", 1]],
});

const cases = [
  { name: "one to a node with room", move: { service: "amf", from: "a", to: "b" }, hindrance: undefined },
  { name: "one that gains nothing", move: { service: "filler", from: "full", to: "b" }, hindrance: undefined },
  { name: "one to a full node", move: { service: "amf", from: "a", to: "full" }, hindrance: /no room/ },
  { name: "one to a node that it may not be on", move: { service: "kept", from: "a", to: "closed" }, hindrance: /no room/ },
  { name: "one to a node that has its most", move: { service: "one", from: "a", to: "b" }, hindrance: /no room/ },
  { name: "one of pods that must stay", move: { service: "stuck", from: "a", to: "b" }, hindrance: /can leave/ },
  { name: "one of a workload that is gone", move: { service: "gone", from: "a", to: "b" }, hindrance: /can leave/ },
  { name: "one to a node that is gone", move: { service: "amf", from: "a", to: "gone" }, hindrance: /not in the cluster/ },
]; // biome-ignore format: a line a case

describe("what hinders", () => {
  test.each(cases)("$name", ({ move, hindrance }) => {
    const found = hindranceTo(move, scenario);
    if (hindrance) expect(found).toMatch(hindrance);
    else expect(found).toBeUndefined();
  });
});
