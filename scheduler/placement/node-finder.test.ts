import fc from "fast-check";
import { expect, test } from "vitest";
import { Topology } from "../../core/model/topology.ts";
import { NodeFinder } from "./node-finder.ts";

const names = ["a", "b", "c", "d", "stranger", ""];
const topologies = [
  new Topology(["a", "b", "c", "d"].map((node) => ({ node }))),
  new Topology([{ node: "d" }, { node: "b" }]),
];

test("whatever was asked before, every node is found where the topology has it", () => {
  const question = fc.record({ topology: fc.constantFrom(...topologies), asked: fc.array(fc.constantFrom(...names)) });
  fc.assert(
    fc.property(fc.array(question), (questions) => {
      const finder = new NodeFinder();
      for (const { topology, asked } of questions)
        expect([...finder.find(topology, asked)]).toEqual(asked.map((name) => topology.indexOf(name)));
    }),
  );
});
