import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServiceFunctionChain } from "./chain.ts";
import { compareChains } from "./chain-order.ts";
import type { HttpMatch, TrafficMatch } from "./traffic-match.ts";

const base: ServiceFunctionChain = {
  namespace: "core",
  name: "a",
  uid: "a",
  generation: 1,
  classifier: { from: { app: "amf" }, to: { service: "udm", port: 80 } },
  functions: ["fw"],
  isSymmetric: false,
  demandBytesPerSecond: undefined,
  latencyBudgetMs: undefined,
  priority: 0,
};
const matching = (name: string, match?: TrafficMatch, priority = 0) => ({
  ...base,
  name,
  priority,
  classifier: { ...base.classifier, match },
});
const requests = (name: string, http: HttpMatch) => matching(name, { http });
const order = (...chains: ServiceFunctionChain[]) => chains.toSorted(compareChains).map(({ name }) => name);

test("the priority counts before anything else, and the name after everything", () => {
  const exact = { http: { paths: [{ type: "Exact", value: "/a" }] } } as const;
  expect(order(matching("b"), matching("c", exact), matching("d", undefined, 1), matching("a"))).toEqual(["d", "c", "a", "b"]); // biome-ignore format: a table
});

test("subscribers are more specific than paths, and those than hosts, headers, methods and blocks", () => {
  const chains = [
    matching("block", { sources: ["10.0.0.0/8"] }),
    requests("method", { methods: ["GET"] }),
    requests("header", { headers: [{ name: "x", value: "1" }], methods: ["GET"] }),
    requests("host", { hosts: ["udm"] }),
    requests("path", { paths: [{ type: "Prefix", value: "/nudm-sdm" }] }),
    requests("supi", { supis: [{ type: "Prefix", value: "imsi-2" }] }),
  ];
  expect(order(...chains)).toEqual(["supi", "path", "host", "header", "method", "block"]);
});

test("exact goes before range, range before prefix, a long prefix before a short one", () => {
  const chains = [
    requests("short", { supis: [{ type: "Prefix", value: "imsi-2" }] }),
    requests("long", { supis: [{ type: "Prefix", value: "imsi-20893" }] }),
    requests("range", { supis: [{ type: "Range", start: "208930000000000", end: "208930000000009" }] }),
    requests("exact", { supis: [{ type: "Exact", value: "imsi-208930000000003" }] }),
    requests("mixed", { supis: [{ type: "Exact", value: "imsi-208930000000003" }, { type: "Prefix", value: "imsi-20" }] }), // biome-ignore format: a table
  ];
  expect(order(...chains)).toEqual(["exact", "range", "long", "mixed", "short"]);
});

test("a small block of IPv4 is narrower than a large one, and than one of IPv6 with the same prefix length", () => {
  const chains = ["10.0.0.0/8", "10.1.0.0/16", "fd00::/16"].map((block) => matching(block, { sources: [block] }));
  expect(order(...chains)).toEqual(["10.1.0.0/16", "10.0.0.0/8", "fd00::/16"]);
});

test("it is a total order: any list of chains sorts the same, however it was shuffled", () => {
  const anyMatch = fc.record(
    {
      sources: fc.constantFrom(["10.0.0.0/8"], ["10.1.0.0/16"]),
      http: fc.record(
        { methods: fc.constantFrom(["GET"], ["PUT"]), hosts: fc.constantFrom(["a"], ["*.b"]) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const anyChains = fc.array(fc.tuple(anyMatch, fc.nat(1)), { maxLength: 8 });
  fc.assert(
    fc.property(anyChains, (parts) => {
      const chains = parts.map(([match, priority], at) => matching(`c${at}`, match, priority));
      expect(order(...chains.toReversed())).toEqual(order(...chains));
    }),
  );
});
