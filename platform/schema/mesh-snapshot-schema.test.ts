import fc from "fast-check";
import { expect, test } from "vitest";
import { buildEndpoint, buildHop, buildSnapshot, buildUpstream } from "../../test/builders/mesh-snapshot.ts";
import { parseMeshSnapshot } from "./mesh-snapshot-schema.ts";

const again = buildEndpoint("edge/dn-0", { weight: 7 });

/** Many hops with the same endpoints, of which the last one's last is as given. */
function endingIn(last: unknown): unknown {
  const next = [buildEndpoint("edge/dn-0"), buildEndpoint("edge/dn-1"), again];
  return {
    ...buildSnapshot(),
    hops: [buildHop({ next }), { ...buildHop({ serviceIndex: 1, next }), next: [...next, last] }],
  };
}

const refused = [
  { name: "a weight below 0", last: { ...again, weight: -1 }, field: "hops[1].next[3].weight" },
  { name: "a weight that is no number", last: { ...again, weight: "7" }, field: "hops[1].next[3].weight" },
  { name: "an unknown field", last: { ...again, zone: "z" }, field: "hops[1].next[3].zone" },
  { name: "a field missing", last: { ...again, appPort: undefined }, field: "hops[1].next[3].appPort" },
  { name: "another address that is none", last: { ...again, address: "dn-0" }, field: "hops[1].next[3].address" },
  { name: "another port out of range", last: { ...again, port: 70_000 }, field: "hops[1].next[3].port" },
  { name: "no fields at all", last: null, field: "hops[1].next[3]" },
];

test.each(refused)(
  "an endpoint that stood there before, now with $name, is refused by its field",
  ({ last, field }) => {
    expect(parseMeshSnapshot(endingIn(last))).toMatchObject({ kind: "rejected", field });
  },
);

test("endpoints that stand there again and again are all there", () => {
  const input = endingIn(again);
  expect(parseMeshSnapshot(input)).toEqual({ kind: "parsed", value: input });
});

test("a list that is too long is refused even if it holds one endpoint only", () => {
  const endpoints = Array.from({ length: 10_001 }, () => again);
  const answer = parseMeshSnapshot(buildSnapshot({ upstreams: [buildUpstream({ endpoints })] }));
  expect(answer).toMatchObject({ kind: "rejected", field: "upstreams[0].endpoints" });
});

test("whatever comes is an answer", () => {
  fc.assert(fc.property(fc.anything(), fc.anything(), (hops, upstreams) => {
    expect(parseMeshSnapshot({ ...buildSnapshot(), hops, upstreams })).toHaveProperty("kind");
  }));
}); // biome-ignore format: short
