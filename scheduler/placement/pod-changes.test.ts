import fc from "fast-check";
import { expect, test } from "vitest";
import { meshPod } from "../../test/builders/mesh-cluster.ts";
import { podChanges } from "./pod-changes.ts";

const [a, b, c] = [meshPod("amf-0", "a"), meshPod("amf-1", "a"), meshPod("nrf-0", "b")];
const moved = meshPod("amf-1", "b");

const cases = [
  { name: "nothing changes", before: [a, b], after: [a, b], gone: [], came: [] },
  { name: "a pod comes", before: [a], after: [a, b], gone: [], came: [b] },
  { name: "a pod goes", before: [a, b, c], after: [b, c], gone: [a], came: [] },
  { name: "a pod changes", before: [a, b, c], after: [a, moved, c], gone: [b], came: [moved] },
  { name: "everything goes", before: [a, b], after: [], gone: [a, b], came: [] },
];

test.each(cases)("$name", ({ before, after, gone, came }) => {
  expect(podChanges(before, after)).toEqual({ gone, came });
});

test("whatever the order, what is on one list alone is what went or came", () => {
  const list = fc.shuffledSubarray([a, b, moved, c, meshPod("udr-0", "a")]);
  fc.assert(
    fc.property(list, list, (before, after) => {
      const { gone, came } = podChanges(before, after);
      expect(new Set(gone)).toEqual(new Set(before).difference(new Set(after)));
      expect(new Set(came)).toEqual(new Set(after).difference(new Set(before)));
      expect([gone.length, came.length]).toEqual([new Set(gone).size, new Set(came).size]);
    }),
  );
});
