import { expect, test } from "vitest";
import { RouteSeriesTable } from "./route-series-table.ts";

const labels = (route: string) => ({ weft_route: route, weft_backend: "core/a", weft_pod: "client-0" });

test("a route and backend have one series, and the one used longest ago makes room", () => {
  const table = new RouteSeriesTable(2);
  const first = table.seriesFor(labels("a"));
  table.seriesFor(labels("b"));
  expect(table.seriesFor(labels("a"))).toBe(first);
  table.seriesFor(labels("c"));
  expect(table.all().map((series) => series.labels.weft_route)).toEqual(["a", "c"]);
  expect(table.droppedCount).toBe(1);
});

test("a table without room keeps none", () => {
  const table = new RouteSeriesTable(0);
  expect(table.seriesFor(labels("a"))).toBeUndefined();
  expect(table.all()).toEqual([]);
});
