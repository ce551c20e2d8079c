import { expect, test } from "vitest";
import { badChains } from "../../test/builders/bad-chains.ts";
import { chainManifest, everyKey } from "../../test/builders/chain-manifest.ts";
import { parseServiceFunctionChain, serviceFunctionChainObject } from "./service-function-chain.ts";

test("a chain as the API server sends it becomes the model, its defaults filled in", () => {
  const object = chainManifest();
  const sent = {
    ...object,
    metadata: { ...object.metadata, uid: "u-1", generation: 3, managedFields: [] },
    status: {},
  };
  expect(parseServiceFunctionChain(sent)).toEqual({
    kind: "parsed",
    value: {
      namespace: "edge",
      name: "inspect",
      uid: "u-1",
      generation: 3,
      classifier: { from: { app: "upf" }, to: { service: "dn", port: 8080 } },
      functions: ["firewall", "dpi"],
      isSymmetric: false,
      demandBytesPerSecond: undefined,
      latencyBudgetMs: undefined,
      priority: 0,
    },
  });
});

const refused = { spi: 2, rendering: "1-ab", times: 1, until: "2030-01-01T00:05:00Z", message: "half of it failed" };

test("what was taken back is read from a chain's status, and a status that cannot be read is none", () => {
  const { until, ...rest } = refused;
  const withStatus = (status: unknown) => parseServiceFunctionChain({ ...chainManifest(), status });
  expect(withStatus({ refused: [refused] })).toMatchObject({
    value: { refused: [{ ...rest, untilMs: Date.parse(until) }] },
  });
  for (const status of ["none", { refused: "none" }, { refused: [{ ...refused, until: "soon" }] }])
    expect(withStatus(status)).toEqual(withStatus(undefined));
});

test("a demand is a whole number or a quantity", () => {
  expect(demandOf(1000)).toBe(1000);
  expect(demandOf("12.5M")).toBe(12_500_000);
  expect(demandOf("1Ki")).toBe(1024);
});

test.each(badChains)("a chain with $name is rejected", ({ object, field, reason }) => {
  const parsed = parseServiceFunctionChain(object);
  expect(parsed).toMatchObject({ kind: "rejected", field });
  expect(parsed.kind === "rejected" && parsed.reason).toMatch(reason);
});

test("what is written parses to what it was written from", () => {
  const parsed = parseServiceFunctionChain(
    chainManifest({ symmetric: true, demand: { bytesPerSecond: "5M" }, latencyBudgetMs: 2.5, priority: 7 }),
  );
  expect(parsed.kind === "parsed" && parseServiceFunctionChain(serviceFunctionChainObject(parsed.value))).toEqual(
    parsed,
  );
});

test("a classifier's keys become what traffic is like, and are written back the same", () => {
  const parsed = parseServiceFunctionChain(chainManifest(everyKey));
  expect(parsed).toMatchObject({
    value: {
      classifier: {
        from: { app: "amf" },
        match: {
          sources: ["10.45.0.0/16", "fd00::/8"],
          http: {
            paths: [{ type: "Prefix", value: "/nudm-sdm/v2" }, { type: "Exact" }],
            headers: [{ name: "x-slice", value: "1-000001" }],
            supis: [
              { type: "Exact", value: "imsi-208930000000003" },
              { type: "Prefix", value: "nai-" },
              { type: "Range", start: "208930000000010", end: "208930000000019" },
            ],
          },
        },
      },
    },
  });
  expect(parsed.kind === "parsed" && parseServiceFunctionChain(serviceFunctionChainObject(parsed.value))).toEqual(
    parsed,
  );
});

test("branches become the model, and are written back the same", () => {
  const written = [
    {
      after: "dpi",
      match: { cidrs: ["10.0.0.0/8"], http: { headers: [{ name: "X-Class", value: "video" }] } },
      to: "b",
    },
    { after: "firewall", to: "c" },
  ];
  const classifier = { from: { branches: true }, to: { service: "dn", port: 80 } };
  const parsed = parseServiceFunctionChain(chainManifest({ branches: written, classifier }));
  expect(parsed).toMatchObject({
    value: {
      classifier: { from: {}, isByBranchOnly: true },
      branches: [
        {
          after: "dpi",
          match: { sources: ["10.0.0.0/8"], http: { headers: [{ name: "x-class", value: "video" }] } },
          to: "b",
        },
        { after: "firewall", to: "c" },
      ],
    },
  });
  expect(parsed.kind === "parsed" && parseServiceFunctionChain(serviceFunctionChainObject(parsed.value))).toEqual(
    parsed,
  );
});

test.each([
  {
    name: "blocks alone",
    classifier: { from: { cidrs: ["10.0.0.0/8"] } },
    from: {},
    match: { sources: ["10.0.0.0/8"] },
  },
  {
    name: "server names",
    classifier: { tls: { serverNames: ["*.a"] } },
    from: { app: "upf" },
    match: { serverNames: ["*.a"] },
  },
])("a classifier may have $name", ({ classifier, from, match }) => {
  const written = { from: { matchLabels: { app: "upf" } }, to: { service: "dn", port: 80 }, ...classifier };
  const parsed = parseServiceFunctionChain(chainManifest({ classifier: written }));
  expect(parsed).toMatchObject({ value: { classifier: { from, match } } });
});

function demandOf(bytesPerSecond: number | string): number | undefined {
  const parsed = parseServiceFunctionChain(chainManifest({ demand: { bytesPerSecond } }));
  return parsed.kind === "parsed" ? parsed.value.demandBytesPerSecond : undefined;
}
