import fc from "fast-check";
import { expect, test } from "vitest";
import { bestLatencies, type LayerNodes } from "./best-latencies.ts";

/** Nodes are as far from each other as their numbers. */
const onALine = (from: number, to: number) => Math.abs(to - from);

const cases: readonly { name: string; layers: readonly LayerNodes[]; at: number; best: readonly number[] }[] = [
  { name: "the way from the source over the node to the destination", layers: [[0], [], [3]], at: 1, best: [3, 3, 3, 3, 5] },
  { name: "the nearest of several sources and destinations", layers: [[0, 4], [], [3, 4]], at: 1, best: [3, 3, 3, 1, 0] },
  { name: "other functions where they stand", layers: [[0], [4], [], [0]], at: 2, best: [8, 8, 8, 8, 8] },
  { name: "a function that stands nowhere costs no way", layers: [[0], [], [], [2]], at: 1, best: [2, 2, 2, 4, 6] },
  { name: "without sources the rest of the way counts", layers: [[], [], [3]], at: 1, best: [3, 2, 1, 0, 1] },
  { name: "where nothing stands everything is near", layers: [[], [], []], at: 1, best: [0, 0, 0, 0, 0] },
]; // biome-ignore format: cases read as a table

test.each(cases)("$name", ({ layers, at, best }) => {
  expect([...bestLatencies(layers, at, 5, onALine)]).toEqual(best);
});

test("a layer on very many nodes is near everywhere", () => {
  const everywhere = Array.from({ length: 300 }, (_, node) => node + 5);
  expect([...bestLatencies([[0], [], everywhere, [4]], 1, 5, onALine)]).toEqual([4, 4, 4, 4, 4]);
});

test("no way through the layers that are there is quicker, and one is as quick", () => {
  const layer = fc.array(fc.nat(4), { maxLength: 3 }).map((nodes) => [...new Set(nodes)]);
  const latencies = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 25, maxLength: 25 });
  fc.assert(
    fc.property(fc.array(layer, { minLength: 3, maxLength: 6 }), latencies, fc.nat(5), (layers, table, choice) => {
      const between = (from: number, to: number) => table[from * 5 + to] ?? 0;
      const at = 1 + (choice % (layers.length - 2));
      for (const [node, best] of bestLatencies(layers, at, 5, between).entries()) {
        const passed = layers.map((nodes, index) => (index === at ? [node] : nodes)).filter(({ length }) => length > 0);
        expect(best).toBe(Math.min(...waysThrough(passed).map((way) => lengthOf(way, between))));
      }
    }),
  );
});

function waysThrough(layers: readonly LayerNodes[]): readonly (readonly number[])[] {
  return layers.reduce<readonly (readonly number[])[]>(
    (ways, nodes) => ways.flatMap((way) => nodes.map((node) => [...way, node])),
    [[]],
  );
}

function lengthOf(way: readonly number[], between: (from: number, to: number) => number): number {
  return way.slice(1).reduce((sum, node, index) => sum + between(way[index] ?? 0, node), 0);
}
