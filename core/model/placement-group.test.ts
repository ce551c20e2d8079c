import { expect, test } from "vitest";
import { groupSizeOf, misreadPlacementWords, placementAffinityOf, placementGroupKey } from "./placement-group.ts";

const annotated = (size?: string, affinity?: string) => ({
  annotations: {
    ...(size === undefined ? {} : { "weft.dev/placement-group-size": size }),
    ...(affinity === undefined ? {} : { "weft.dev/placement-affinity": affinity }),
  },
});

test("a group is of one namespace, and pods that name none are one group", () => {
  const key = (labels: Record<string, string>) => placementGroupKey({ namespace: "core", labels });
  expect(key({ "weft.dev/placement-group": "5gc" })).toBe("core/5gc");
  expect(key({})).toBe("core/");
});

test.each([
  { text: "17", size: 17 },
  { text: "10000", size: 10_000 },
  { text: "10001", size: undefined },
  { text: "0", size: undefined },
  { text: "-1", size: undefined },
  { text: "1e3", size: undefined },
  { text: "", size: undefined },
  { text: undefined, size: undefined },
])("the size $text reads as $size", ({ text, size }) => {
  expect(groupSizeOf(annotated(text))).toBe(size);
});

test("an affinity that is not understood prefers, and is named", () => {
  expect(placementAffinityOf(annotated(undefined, "required"))).toBe("required");
  expect(placementAffinityOf(annotated(undefined, "Required"))).toBe("preferred");
  expect(placementAffinityOf(annotated())).toBe("preferred");
  expect(misreadPlacementWords(annotated("many", "Required"))).toEqual([
    'weft.dev/placement-group-size: "many" is not a whole number from 1 to 10000',
    'weft.dev/placement-affinity: "Required" is neither preferred nor required',
  ]);
  expect(misreadPlacementWords(annotated("3", "required"))).toEqual([]);
});
