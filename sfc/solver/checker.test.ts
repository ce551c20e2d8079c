import { expect, test } from "vitest";
import type { SplitNetwork } from "../../core/model/split-network.ts";
import { checkWays } from "./checker.ts";

/** a - b, both ways; one function with an instance on each. */
const network: SplitNetwork = {
  name: "pair",
  routing: { kind: "ecmp" },
  nodes: ["a", "b"],
  links: [
    { from: "a", to: "b", capacity: 10, latencyMs: 1 },
    { from: "b", to: "a", capacity: 10, latencyMs: 1 },
  ],
  functions: new Map([
    [
      "nat",
      [
        { name: "nat-a", node: "a", capacity: 8 },
        { name: "nat-b", node: "b", capacity: 16 },
      ],
    ],
  ]),
  chains: [
    {
      name: "c",
      sources: [{ name: "a", node: "a", share: 1 }],
      functions: ["nat"],
      scaling: [0.5],
      destinations: [{ name: "end", node: "a", capacity: Infinity }],
      demand: 8,
      latencyMsMax: undefined,
    },
  ],
};

const near = { source: "a", instances: ["nat-a"], destination: "end" };
const far = { source: "a", instances: ["nat-b"], destination: "end" };

const valid = [
  { name: "all near fills the near instance", ways: [{ ...near, fraction: 1 }], maxUtilisation: 1 },
  { name: "all far fills the link there, and half of it back", ways: [{ ...far, fraction: 1 }], maxUtilisation: 0.8 },
  {
    name: "half and half",
    ways: [
      { ...near, fraction: 0.5 },
      { ...far, fraction: 0.5 },
    ],
    maxUtilisation: 0.5,
  },
];

test.each(valid)("$name", ({ ways, maxUtilisation }) => {
  expect(checkWays(network, new Map([["c", ways]]))).toMatchObject({ kind: "valid", maxUtilisation });
});

const invalid = [
  { name: "no ways at all", ways: [], reason: /0 leaves source a, which has 1/ },
  { name: "a part that is lost", ways: [{ ...near, fraction: 0.9 }], reason: /0.9 leaves source a/ },
  {
    name: "a negative part",
    ways: [
      { ...near, fraction: 1.5 },
      { ...far, fraction: -0.5 },
    ],
    reason: /below 0/,
  },
  {
    name: "a source that is none",
    ways: [
      { ...near, fraction: 1 },
      { ...near, source: "b", fraction: 0 },
    ],
    reason: /no source/,
  },
  { name: "a destination that is none", ways: [{ ...near, destination: "b", fraction: 1 }], reason: /no destination/ },
  { name: "a function left out", ways: [{ ...near, instances: [], fraction: 1 }], reason: /0 instances/ },
  {
    name: "an instance of something else",
    ways: [{ ...near, instances: ["end"], fraction: 1 }],
    reason: /no instance of the function/,
  },
];

test.each(invalid)("$name is no split", ({ ways, reason }) => {
  const verdict = checkWays(network, new Map([["c", ways]]));
  expect(verdict.kind === "invalid" && verdict.reason).toMatch(reason);
});

/** Two functions on a or on b, 1 ms apart; the chain begins and ends on a. */
const twoHops: SplitNetwork = {
  ...network,
  functions: new Map(
    ["dpi", "nat"].map((name) => [name, ["a", "b"].map((node) => ({ name: `${name}-${node}`, node, capacity: 100 }))]),
  ),
  chains: network.chains.map((chain) => ({ ...chain, functions: ["dpi", "nat"], scaling: [1, 1] })),
};

test.each([
  { name: "all near", limit: 1, ways: [["a", "a", 1]], slowest: undefined },
  { name: "all far", limit: 2, ways: [["b", "b", 1]], slowest: undefined },
  { name: "all far beyond the limit", limit: 1, ways: [["b", "b", 1]], slowest: 2 },
  {
    name: "a near and a far way that meet nowhere",
    limit: 2,
    ways: [
      ["a", "a", 0.5],
      ["b", "b", 0.5],
    ],
    slowest: undefined,
  },
  {
    name: "ways of 2 ms that meet in dpi-b, where some traffic comes from afar and some goes on there",
    limit: 2,
    ways: [
      ["b", "a", 0.5],
      ["a", "b", 0.5],
    ],
    slowest: undefined,
  },
] as const)("$name: the limit holds for whatever traffic may take hop by hop", ({ limit, ways, slowest }) => {
  const limited = { ...twoHops, chains: twoHops.chains.map((chain) => ({ ...chain, latencyMsMax: limit })) };
  const named = ways.map(([dpi, nat, fraction]) => {
    return { source: "a", instances: [`dpi-${dpi}`, `nat-${nat}`], destination: "end", fraction };
  });
  const verdict = checkWays(limited, new Map([["c", named]]));
  if (slowest === undefined) expect(verdict).toMatchObject({ kind: "valid" });
  else
    expect(verdict).toMatchObject({
      kind: "invalid",
      reason: `chain c: its slowest way takes ${slowest} ms of ${limit} ms`,
    });
});

test("ways that keep a limit each but meet in an instance make one that does not", () => {
  // Three functions: far in the first or in the last takes 2 ms, and both 4; they meet in the second.
  const middle = { name: "mid-a", node: "a", capacity: 100 };
  const threeHops: SplitNetwork = {
    ...twoHops,
    functions: new Map([...twoHops.functions, ["mid", [middle]]]),
    chains: twoHops.chains.map((chain) => {
      return { ...chain, functions: ["dpi", "mid", "nat"], scaling: [1, 1, 1], latencyMsMax: 3 };
    }),
  };
  const ways = [
    { source: "a", instances: ["dpi-b", "mid-a", "nat-a"], destination: "end", fraction: 0.5 },
    { source: "a", instances: ["dpi-a", "mid-a", "nat-b"], destination: "end", fraction: 0.5 },
  ];
  const verdict = checkWays(threeHops, new Map([["c", ways]]));
  expect(verdict).toEqual({ kind: "invalid", reason: "chain c: its slowest way takes 4 ms of 3 ms" });
});

const free: SplitNetwork = { ...network, routing: { kind: "free" } };
const there = { from: "a", to: "b", links: [{ link: 0, share: 1 }] };
const back = { from: "b", to: "a", links: [{ link: 1, share: 1 }] };

test.each([
  { name: "free routes that are chosen", of: free, routes: [there, back], reason: undefined },
  {
    name: "free routes of which one is missing",
    of: free,
    routes: [there],
    reason: /no route leads from nat-b to end/,
  },
  {
    name: "a free route that loses traffic",
    of: free,
    routes: [there, { ...back, links: [{ link: 1, share: 0.5 }] }],
    reason: /the route from b to a: its shares do not lead all traffic/,
  },
  { name: "routes where ECMP's are given", of: network, routes: [there], reason: /given, not chosen/ },
])("$name", ({ of, routes, reason }) => {
  const verdict = checkWays(of, new Map([["c", [{ ...far, fraction: 1 }]]]), routes);
  if (reason) expect(verdict.kind === "invalid" && verdict.reason).toMatch(reason);
  else expect(verdict).toEqual({ kind: "valid", maxUtilisation: 0.8, amountTimesDelay: 8 + 4 });
});
