import { expect, test } from "vitest";
import { HopSeries } from "./hop-series.ts";

const labels = { weft_chain: "n6", weft_spi: "7", weft_hop: "2", weft_pod: "dpi-0" };

function add(
  series: HopSeries,
  name: string,
  value: number,
  more: Readonly<Record<string, string>> = {},
  reporter = "p",
) {
  // biome-ignore format: short
  series.add({ name, labels: new Map(Object.entries({ ...labels, ...more })), value }, reporter);
}

test("times of the function and of answers to requests are one sample of the hop, in milliseconds", () => {
  const series = new HopSeries(10);
  add(series, "weft_hop_function_seconds_count", 4);
  add(series, "weft_hop_function_seconds_sum", 0.002);
  add(series, "weft_hop_answer_seconds_count", 5, { of: "request" });
  add(series, "weft_hop_answer_seconds_sum", 0.05, { of: "request" });
  add(series, "weft_hop_answer_seconds_sum", 9, { of: "connection" });
  expect(series.hops()).toEqual([
    {
      ...{ chain: "n6", spi: 7, serviceIndex: 2, reporter: "p|weft_pod=dpi-0" },
      ...{ function: { count: 4, sumMs: 2 }, answer: { count: 5, sumMs: 50 } },
    },
  ]);
});

test("the classifier is no hop, nor is what has no chain or no path", () => {
  const series = new HopSeries(10);
  for (const more of [{ weft_hop: "classifier" }, { weft_chain: "" }, { weft_spi: "" }])
    add(series, "weft_hop_function_seconds_count", 4, more);
  expect(series.hops()).toEqual([]);
});

test("beyond the limit samples are left out and counted", () => {
  const series = new HopSeries(1);
  for (const hop of ["2", "1"]) add(series, "weft_hop_function_seconds_count", 4, { weft_hop: hop });
  expect(series.hops().map(({ serviceIndex }) => serviceIndex)).toEqual([2]);
  expect(series.leftOut).toBe(1);
});
