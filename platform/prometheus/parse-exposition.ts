/**
 * Reads the Prometheus text format back, within limits: what is parsed may come from anywhere.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
import { isBlank, readLabels, skipBlanks, skipName } from "./parse-labels.ts";

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite, as the format allows. */
  readonly value: number;
}

export interface ExpositionLimits {
  readonly linesMax: number;
  /** Characters of one line. */
  readonly lineLengthMax: number;
  /** Labels of one sample. */
  readonly labelsMax: number;
}

export type ParsedExposition =
  | { readonly kind: "parsed"; readonly samples: readonly Sample[] }
  | {
      readonly kind: "rejected";
      /** From 1. */
      readonly line: number;
      readonly reason: string;
    };

export const defaultExpositionLimits: ExpositionLimits = { linesMax: 500_000, lineLengthMax: 16_384, labelsMax: 64 };

/**
 * The samples whose name `wants`; of others only the name and the number at the end are looked at. Timestamps are skipped.
 * O(characters).
 */
export function parseExposition(
  text: string,
  wants: (name: string) => boolean,
  limits: ExpositionLimits = defaultExpositionLimits,
): ParsedExposition {
  const samples: Sample[] = [];
  let line = 0;
  for (let start = 0; start < text.length; ) {
    line += 1;
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const sample = readLine(text, { start, end, line, wants, limits });
    if (typeof sample === "string") return { kind: "rejected", line, reason: sample };
    if (sample) samples.push(sample);
    start = end + 1;
  }
  return { kind: "parsed", samples };
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly wants: (name: string) => boolean;
  readonly limits: ExpositionLimits;
}

/** A sample, the reason why it is none, or undefined for a line that holds nothing wanted. */
function readLine(text: string, { start, end, line, wants, limits }: Line): Sample | string | undefined {
  if (line > limits.linesMax) return `more than ${limits.linesMax} lines`;
  if (end - start > limits.lineLengthMax) return `longer than ${limits.lineLengthMax} characters`;
  const from = skipBlanks(text, start, end);
  if (from === end || text[from] === "#" || isCarriageReturn(text, from, end)) return undefined;
  const nameEnd = skipName(text, from, end);
  if (nameEnd === from) return "does not begin with a metric's name";
  const next = text[nameEnd];
  if (next !== "{" && !isBlank(next)) return "has no value behind the metric's name";
  const name = text.slice(from, nameEnd);
  if (!wants(name)) return endsInNumber(text.slice(nameEnd, end)) ? undefined : "does not end in a number";
  return readSample(text.slice(skipBlanks(text, nameEnd, end), end), name, limits);
}

function endsInNumber(rest: string): boolean {
  const trimmed = rest.trimEnd();
  const blank = Math.max(trimmed.lastIndexOf(" "), trimmed.lastIndexOf("\t"), trimmed.lastIndexOf("}"));
  return readNumber(trimmed.slice(blank + 1)) !== undefined;
}

/** `rest` is what stands behind the name. */
function readSample(rest: string, name: string, limits: ExpositionLimits): Sample | string {
  const labels = new Map<string, string>();
  let at = 0;
  if (rest[0] === "{") {
    const after = readLabels(rest, labels, limits.labelsMax);
    if (typeof after === "string") return after;
    at = after;
  }
  const fields = rest
    .slice(at)
    .trim()
    .split(" ", 4)
    .flatMap((field) => field.split("\t", 4))
    .filter((field) => field !== "");
  const [value = "", timestamp = "0", ...surplus] = fields;
  const number = readNumber(value);
  if (number === undefined) return `${quoted(value)} is not a number`;
  if (surplus.length > 0 || readNumber(timestamp) === undefined) return "has something behind its value";
  return { name, labels, value: number };
}

/** In any case: prom-client writes "Nan", Go "NaN". */
const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["+inf", Number.POSITIVE_INFINITY],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

function readNumber(text: string): number | undefined {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : SPECIAL_NUMBERS.get(text.toLowerCase());
}

function isCarriageReturn(text: string, at: number, end: number): boolean {
  return text[at] === "\r" && at + 1 === end;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
