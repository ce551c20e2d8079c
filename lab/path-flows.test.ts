import { expect, test } from "vitest";
import type { RunningProxy } from "../mesh-proxy/start-proxy.ts";
import { flowsSince, pathFlows } from "./path-flows.ts";

/** `hop`, and how many connections were opened and closed there, as the proxies of a path count them. */
function proxiesThat(...counts: readonly (readonly [spi: number, hop: number, opened: number, closed: number])[]) {
  return counts.map(([spi, hop, opened, closed]) => {
    const labels = (reporter: string) => `reporter="${reporter}",weft_chain="n6",weft_spi="${spi}",weft_hop="${hop}"`;
    const lines = ["destination", "source"].flatMap((reporter) => [
      `istio_tcp_connections_opened_total{${labels(reporter)}} ${opened}`,
      `istio_tcp_connections_closed_total{${labels(reporter)}} ${closed}`,
    ]);
    return { metrics: async () => `${lines.join("\n")}\n` } as RunningProxy;
  });
}

test("flows enter a path at its first hop, and live there until they have ended", async () => {
  const proxies = proxiesThat([4, 2, 5, 3], [4, 2, 2, 2], [4, 1, 7, 6], [4, 0, 7, 6], [5, 2, 1, 0], [5, 1, 1, 0]);
  expect(Object.fromEntries(await pathFlows(proxies, "n6"))).toEqual({
    4: { entered: 7, live: 2, redialled: 0 },
    5: { entered: 1, live: 1, redialled: 0 },
  });
  expect((await pathFlows(proxies, "n7")).size).toBe(0);
});

test("what a later hop takes in beyond the first was dialled again", async () => {
  const flows = await pathFlows(proxiesThat([4, 2, 5, 5], [4, 1, 6, 6], [4, 0, 8, 8]), "n6");
  expect(flows.get(4)).toEqual({ entered: 5, live: 0, redialled: 4 });
});

test("of two counts the later one's growth is what came between", () => {
  const before = new Map([[4, { entered: 5, live: 2, redialled: 1 }]]);
  const after = new Map([
    [4, { entered: 9, live: 1, redialled: 1 }],
    [5, { entered: 3, live: 3, redialled: 0 }],
  ]);
  expect(Object.fromEntries(flowsSince(before, after))).toEqual({
    4: { entered: 4, live: 1, redialled: 0 },
    5: { entered: 3, live: 3, redialled: 0 },
  });
});
