import { describe, expect, test } from "vitest";
import { chain, serviceFunction } from "../../test/builders/mesh-cluster.ts";
import type { ChainBranch, ServiceFunctionChain } from "../model/chain.ts";
import { branchFault } from "./chain-branches.ts";

const match = { sources: ["10.0.0.0/8"] };
const to = (name: string, after = "dpi"): ChainBranch => ({ after, match, to: name });

function faultOf(first: ServiceFunctionChain, ...others: readonly ServiceFunctionChain[]) {
  const chains = new Map([first, ...others].map((one) => [`core/${one.name}`, one]));
  const known = [
    serviceFunction("ids", { mode: "Tap" }),
    serviceFunction("mute"),
    serviceFunction("aware", { isReclassifying: true }),
  ];
  const functions = new Map(known.map((one) => [`core/${one.name}`, one]));
  return branchFault(first, {
    chainNamed: (key) => chains.get(key),
    functionNamed: (key) => functions.get(key),
  });
}

describe("branches", () => {
  test("may lead from chain to chain, to one from several, and past a chain that leads elsewhere in circles", () => {
    const end = chain("end", ["opt"]);
    const [b, c] = [chain("b", ["dpi"], { branches: [to("end")] }), chain("c", ["dpi"], { branches: [to("end")] })];
    expect(faultOf(chain("a", ["dpi"], { branches: [to("b"), to("c")] }), b, c, end)).toBeUndefined();
    const [x, y] = [chain("x", ["dpi"], { branches: [to("y")] }), chain("y", ["dpi"], { branches: [to("x")] })];
    expect(faultOf(chain("a", ["dpi"], { branches: [to("x")] }), x, y)).toBeUndefined();
  });

  const wrong = [
    {
      name: "to no chain",
      chains: [chain("a", ["dpi"], { branches: [to("end")] })],
      reason: "BranchChainNotFound",
      message: "spec.branches[0].to: there is no ServiceFunctionChain end in core",
    },
    {
      name: "to another Service",
      chains: [
        chain("a", ["dpi"], { branches: [to("b")] }),
        chain("b", ["opt"], { classifier: { from: {}, to: { service: "ims", port: 5060 } } }),
      ],
      reason: "BranchLeavesService",
      message: "spec.branches[0].to: b leads to ims:5060, and a branch does not change where traffic is going",
    },
    {
      name: "behind a tap",
      chains: [chain("a", ["dpi", "ids"], { branches: [to("b"), to("b", "ids")] }), chain("b", ["opt"])],
      reason: "BranchNeverTaken",
      message: "spec.branches[1].after: traffic goes past ids, which is a tap",
    },
    {
      name: "for no traffic",
      chains: [
        chain("a", ["aware", "mute"], {
          branches: [
            { after: "aware", to: "b" },
            { after: "mute", to: "b" },
          ],
        }),
        chain("b", ["opt"]),
      ],
      reason: "BranchNeverTaken",
      message: "spec.branches[1].match: is absent, and mute does not say itself where traffic goes (reclassifies)",
    },
    {
      name: "to the chain itself",
      chains: [chain("a", ["dpi"], { branches: [to("a")] })],
      reason: "BranchLoops",
      message: "spec.branches[0].to: traffic would go in circles: a > a",
    },
    {
      name: "over others to the chain again",
      chains: [
        chain("a", ["dpi"], { branches: [to("end"), to("b")] }),
        chain("b", ["dpi"], { branches: [to("c")] }),
        chain("c", ["dpi"], { branches: [to("end"), to("a")] }),
        chain("end", ["opt"]),
      ],
      reason: "BranchLoops",
      message: "spec.branches[1].to: traffic would go in circles: a > b > c > a",
    },
  ];

  test.each(wrong)("may not lead $name", ({ chains: [first, ...others], reason, message }) => {
    expect(first && faultOf(first, ...others)).toEqual({ reason, message });
  });
});

describe("the longest way", () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `f${at}`);

  test("passes as many functions as a TTL lasts for, taps not counted", () => {
    expect(faultOf(chain("a", [...names(62), "ids"]))).toBeUndefined();
    expect(faultOf(chain("a", names(63)))).toEqual({
      reason: "PathTooLong",
      message: "spec.functions: 63 are passed, and a TTL lasts for 62",
    });
  });

  test("is that through branches, where it is longer", () => {
    const a = chain("a", names(30), { branches: [to("b", "f29"), to("b", "f9")] });
    expect(faultOf(a, chain("b", names(32)))).toBeUndefined();
    expect(faultOf(a, chain("b", names(33)))).toEqual({
      reason: "PathTooLong",
      message: "spec.functions: 63 are passed through a > b, and a TTL lasts for 62",
    });
  });

  test("is found at once among very many", () => {
    const layers = Array.from({ length: 31 }, (_, at) =>
      chain(`c${at}`, ["dpi"], { branches: Array.from({ length: 8 }, () => to(`c${at + 1}`)) }),
    );
    const [first, ...others] = [...layers, chain("c31", names(32))];
    expect(first && faultOf(first, ...others)).toMatchObject({ reason: "PathTooLong" });
  });
});
