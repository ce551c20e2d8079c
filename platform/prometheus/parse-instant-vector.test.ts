import { expect, test } from "vitest";
import { parseInstantVector } from "./parse-instant-vector.ts";

const vector = (...result: unknown[]) => JSON.stringify({ status: "success", data: { resultType: "vector", result } });

test("an instant vector gives labels and values", () => {
  const parsed = parseInstantVector(vector({ metric: { __name__: "up", job: "x" }, value: [1700000000.1, "12.5"] }));
  expect(parsed).toEqual({
    kind: "parsed",
    value: [{ labels: new Map([["__name__", "up"], ["job", "x"]]), value: 12.5 }], // biome-ignore format: pairs
  });
});

const wrong = [
  { name: "a web page", text: "<html>", field: "body" },
  { name: "a list", text: "[]", field: "body" },
  { name: "an error", text: '{"status":"error","error":"parse error"}', field: "status" },
  { name: "a matrix", text: '{"status":"success","data":{"resultType":"matrix"}}', field: "data.resultType" },
  { name: "no result", text: '{"status":"success","data":{"resultType":"vector"}}', field: "data.result" },
  { name: "a result without metric", text: vector({}), field: "data.result[0].metric" },
  { name: "a result without value", text: vector({ metric: {}, value: 5 }), field: "data.result[0].value" },
];

test.each(wrong)("$name is rejected by field", ({ text, field }) => {
  expect(parseInstantVector(text)).toMatchObject({ kind: "rejected", field });
});

test("a value that is not a number comes out as NaN, for the graph to refuse", () => {
  const parsed = parseInstantVector(vector({ metric: {}, value: [1, "many"] }));
  expect(parsed.kind === "parsed" && parsed.value[0]?.value).toBeNaN();
});
