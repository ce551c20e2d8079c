/**
 * Reads the Prometheus text format back, within limits: what is parsed may come from anywhere.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

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

/** Fills `labels` from `{a="b",...}` at the start of `text`; answers where they end, or the reason why they are wrong. */
function readLabels(text: string, labels: Map<string, string>, labelsMax: number): number | string {
  let at = skipBlanks(text, 1, text.length);
  while (text[at] !== "}") {
    const nameEnd = skipName(text, at, text.length);
    const name = text.slice(at, nameEnd);
    if (name === "" || name.includes(":")) return "has a label without a name";
    at = skipBlanks(text, nameEnd, text.length);
    if (text[at] !== "=") return `label ${name} has no value`;
    at = skipBlanks(text, at + 1, text.length);
    const end = text[at] === '"' ? closingQuote(text, at + 1) : -1;
    if (end < 0) return `label ${name} has a value without quotes around it`;
    if (labels.has(name)) return `label ${name} is there twice`;
    labels.set(name, unescaped(text.slice(at + 1, end)));
    if (labels.size > labelsMax) return `has more than ${labelsMax} labels`;
    at = skipBlanks(text, end + 1, text.length);
    if (text[at] === ",") at = skipBlanks(text, at + 1, text.length);
    else if (text[at] !== "}") return `label ${name} is followed by neither a comma nor a brace`;
  }
  return at + 1;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function unescaped(value: string): string {
  if (!value.includes("\\")) return value;
  let plain = "";
  for (let at = 0; at < value.length; at++) {
    const isEscape = value[at] === "\\" && at + 1 < value.length;
    if (isEscape) at += 1;
    plain += isEscape && value[at] === "n" ? "\n" : value[at];
  }
  return plain;
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

function skipName(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isNameCode(text.charCodeAt(at), at > from)) at += 1;
  return at;
}

function isNameCode(code: number, isInside: boolean): boolean {
  const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
  return isLetter || code === 95 || code === 58 || (isInside && code >= 48 && code <= 57);
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text[at])) at += 1;
  return at;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function isCarriageReturn(text: string, at: number, end: number): boolean {
  return text[at] === "\r" && at + 1 === end;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
