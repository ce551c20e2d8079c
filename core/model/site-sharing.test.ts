import { expect, test } from "vitest";
import { podCapacityAnnotation, shareWithinAnnotation, siteSharingOf } from "./site-sharing.ts";

const declared = (within?: string, capacity?: string) =>
  siteSharingOf({
    ...(within !== undefined && { [shareWithinAnnotation]: within }),
    ...(capacity !== undefined && { [podCapacityAnnotation]: capacity }),
  });

test("a Service says within what delay its sites share, and what one pod takes in", () => {
  expect(declared("2.5", "4M")).toEqual({ kind: "parsed", value: { oneWayMsMax: 2.5, podBytesPerSecond: 4e6 } });
});

test("a Service without annotations shares nothing", () => {
  expect(declared()).toBeUndefined();
});

const wrong = [
  { name: "a capacity without a delay", is: declared(undefined, "4M"), field: "share-within-ms", reason: /is needed/ },
  { name: "a delay without a capacity", is: declared("5"), field: "pod-capacity", reason: /is needed/ },
  { name: "a delay with a unit", is: declared("5ms", "4M"), field: "share-within-ms", reason: /"5ms" is not a number/ },
  { name: "a delay of 0", is: declared("0", "4M"), field: "share-within-ms", reason: /above 0/ },
  { name: "a delay of hours", is: declared("1e7", "4M"), field: "share-within-ms", reason: /up to 10000/ },
  { name: "an unknown unit", is: declared("5", "4Q"), field: "pod-capacity", reason: /not a quantity/ },
  { name: "no capacity at all", is: declared("5", "0"), field: "pod-capacity", reason: /above 0/ },
];

test.each(wrong)("$name is refused by name", ({ is, field, reason }) => {
  const name = `metadata.annotations["weft.dev/${field}"]`;
  expect(is).toEqual({ kind: "rejected", field: name, reason: expect.stringMatching(reason) });
});
