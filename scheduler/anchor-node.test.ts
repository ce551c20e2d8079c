import { expect, test } from "vitest";
import { ReplicaCounts } from "../core/model/replica-counts.ts";
import { Topology } from "../core/model/topology.ts";
import { type AnchorKnowledge, anchorNode, anchorScores } from "./anchor-node.ts";

const nodes = ["a", "b", "c"];
const topology = new Topology(nodes.map((node) => ({ node })));

interface Situation {
  /** Bytes per second by pair. */
  readonly flows?: Readonly<Record<string, number>>;
  /** By workload, its replicas by node. */
  readonly standing?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By node. */
  readonly free?: Readonly<Record<string, number>>;
}

function knowledgeOf({ flows = {}, standing = {}, free = { a: 1, b: 1, c: 1 } }: Situation): AnchorKnowledge {
  const pairs = Object.entries(flows).map(([pair, bytesPerSecond]) => ({ ends: pair.split(">"), bytesPerSecond }));
  return {
    neighboursOf: (workload) =>
      pairs
        .filter(({ ends }) => ends.includes(workload))
        .map(({ ends, bytesPerSecond }) => ({
          workload: ends.find((end) => end !== workload) ?? workload,
          bytesPerSecond,
        })),
    replicasOf: (workload) => new ReplicaCounts(topology, new Map(Object.entries(standing[workload] ?? {}))),
    freePartOf: (node) => free[node],
  };
}

const chain = { "upf>firewall": 9, "firewall>dpi": 9, "dpi>dn": 9 };

const cases: readonly (Situation & { name: string; node: string | undefined; beside?: string; asked?: string[] })[] = [
  { name: "with nobody placed, where most room is", flows: chain, free: { a: 0.2, b: 0.9, c: 0.9 }, node: "b" },
  {
    name: "beside the peer of its peer's peer, which are to come",
    flows: chain,
    standing: { dn: { c: 1 } },
    node: "c",
    beside: "dn",
  },
  {
    name: "along the most traffic, not the fewest hops",
    flows: { ...chain, "firewall>nrf": 1 },
    standing: { nrf: { a: 1 }, dn: { c: 1 } },
    node: "c",
    beside: "dn",
  },
  {
    name: "where most replicas are",
    flows: chain,
    standing: { dpi: { a: 1, b: 2 } },
    node: "b",
    beside: "dpi",
  },
  {
    name: "past one whose nodes are not asked about, to the next",
    flows: chain,
    standing: { dpi: { a: 1 }, dn: { c: 1 } },
    asked: ["b", "c"],
    node: "c",
    beside: "dn",
  },
  {
    name: "beside its own first replica where nobody else is placed",
    flows: chain,
    standing: { upf: { c: 1 } },
    node: "c",
    beside: "upf",
  },
  { name: "nowhere, when no node is known", flows: chain, asked: ["ghost"], node: undefined },
];

test.each(cases)("a pod whose peers stand nowhere goes $name", ({ node, beside, asked = nodes, ...situation }) => {
  const anchor = anchorNode("upf", asked, knowledgeOf(situation));
  expect(anchor).toEqual(node === undefined ? undefined : { node, beside });
});

test("circles of flows end, and so do very long ways", () => {
  const circle = { "upf>a": 1, "a>b": 1, "b>upf": 1 };
  expect(anchorNode("upf", nodes, knowledgeOf({ flows: circle }))?.beside).toBeUndefined();
  const long = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at || "upf"}>${at + 1}`, 1]));
  expect(anchorNode("upf", nodes, knowledgeOf({ flows: long, standing: { 60: { b: 1 } } }))?.beside).toBe("60");
  expect(anchorNode("upf", nodes, knowledgeOf({ flows: long, standing: { 99: { b: 1 } } }))?.beside).toBeUndefined();
});

test("beside somebody is a preference, and most room is a nudge", () => {
  expect([...anchorScores({ node: "b", beside: "dn" }, nodes)]).toEqual([0, 6, 0]);
  expect([...anchorScores({ node: "c", beside: undefined }, nodes)]).toEqual([0, 0, 2]);
});
