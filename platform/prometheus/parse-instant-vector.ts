/**
 * Reads the answer of Prometheus' query API.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
import type { Parsed, Rejected } from "../../core/model/parsed.ts";
import { messageOf } from "../../core/model/weft-error.ts";

export interface VectorSample {
  readonly labels: ReadonlyMap<string, string>;
  /** NaN for what is no number. */
  readonly value: number;
}

export function parseInstantVector(text: string): Parsed<readonly VectorSample[]> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    return rejected("", `not JSON: ${messageOf(error)}`);
  }
  if (!isRecord(answer)) return rejected("", "not an object");
  if (answer.status !== "success") return rejected("status", `${text.slice(0, 300)} is no success`);
  const data = isRecord(answer.data) ? answer.data : {};
  if (data.resultType !== "vector") return rejected("data.resultType", "not vector");
  return Array.isArray(data.result) ? samplesOf(data.result) : rejected("data.result", "not a list");
}

function samplesOf(result: readonly unknown[]): Parsed<readonly VectorSample[]> {
  const samples: VectorSample[] = [];
  for (const [index, item] of result.entries()) {
    const { metric, value } = isRecord(item) ? item : {};
    if (!isRecord(metric)) return rejected(`data.result[${index}].metric`, "not an object");
    if (!Array.isArray(value)) return rejected(`data.result[${index}].value`, "not a pair of time and value");
    const labels = Object.entries(metric).filter((label): label is [string, string] => typeof label[1] === "string");
    const number = typeof value[1] === "string" && value[1] !== "" ? Number(value[1]) : Number.NaN;
    samples.push({ labels: new Map(labels), value: number });
  }
  return { kind: "parsed", value: samples };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rejected(field: string, reason: string): Rejected {
  return { kind: "rejected", field: field || "body", reason };
}
