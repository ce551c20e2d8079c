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
