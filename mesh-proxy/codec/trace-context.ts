/** W3C Trace Context, level 2: the headers `traceparent` and `tracestate`. */

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** The span that the request is part of: 16 lower-case hexadecimal digits, not all zero. */
  readonly parentId: string;
  /** Only those that level 2 knows: see TRACE_FLAG. */
  readonly flags: number;
}

export const TRACE_FLAG = { sampled: 1, randomTraceId: 2 } as const;

const TRACEPARENT_CHARACTERS = 55;
/** A later version may say more; what is longer than this is no header of this kind. */
const TRACEPARENT_CHARACTERS_MAX = 256;
const MEMBERS_MAX = 32;
const KEY_CHARACTERS_MAX = 256;
const VALUE_CHARACTERS_MAX = 256;

/**
 * Sections 3.2.2 and 3.2.4: what a later version has behind the four fields is not read.
 * @returns undefined for what is no `traceparent`
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  const { length } = text;
  if (length < TRACEPARENT_CHARACTERS || length > TRACEPARENT_CHARACTERS_MAX) return undefined;
  if (text[2] !== "-" || text[35] !== "-" || text[52] !== "-") return undefined;
  if (!isHex(text, 0, 2) || !isHex(text, 3, 35) || !isHex(text, 36, 52) || !isHex(text, 53, 55)) return undefined;
  const version = text.slice(0, 2);
  if (version === "ff" || isZero(text, 3, 35) || isZero(text, 36, 52)) return undefined;
  if (length > TRACEPARENT_CHARACTERS && (version === "00" || text[TRACEPARENT_CHARACTERS] !== "-")) return undefined;
  const known = TRACE_FLAG.sampled | TRACE_FLAG.randomTraceId;
  return {
    traceId: text.slice(3, 35),
    parentId: text.slice(36, 52),
    flags: Number.parseInt(text.slice(53, 55), 16) & known,
  };
}

/** As version 00. */
export function formatTraceparent({ traceId, parentId, flags }: TraceContext): string {
  return `00-${traceId}-${parentId}-0${flags}`;
}

/**
 * Section 3.3: the values of all `tracestate` lines in their order, as one list.
 * @returns it without empty members; undefined when any of it is malformed, or there is more than 32 members
 */
export function parseTracestate(values: readonly string[]): string | undefined {
  const members: string[] = [];
  const keys = new Set<string>();
  for (const value of values) {
    if (value.length > MEMBERS_MAX * (KEY_CHARACTERS_MAX + VALUE_CHARACTERS_MAX + 4)) return undefined;
    for (const part of value.split(",", MEMBERS_MAX * 2)) {
      const member = trimmed(part);
      if (member === "") continue;
      const equals = member.indexOf("=");
      const key = member.slice(0, Math.max(0, equals));
      if (!isKey(key) || !isValue(member.slice(equals + 1)) || keys.has(key)) return undefined;
      keys.add(key);
      if (members.push(member) > MEMBERS_MAX) return undefined;
    }
  }
  return members.join(",");
}

/**
 * How much of all traces a trace belongs to, by chance that its id brings along: in [0, 1), from the seven bytes that level 2 says are
 * random (section 5.2), so that everybody who takes a share of traces takes the same ones.
 */
export function chanceOf(traceId: string): number {
  return Number.parseInt(traceId.slice(19), 16) / 2 ** 52;
}

function isKey(key: string): boolean {
  if (key.length === 0 || key.length > KEY_CHARACTERS_MAX || !isLowerOrDigit(key.charCodeAt(0))) return false;
  for (let at = 1; at < key.length; at++) {
    if (!isLowerOrDigit(key.charCodeAt(at)) && !"_-*/@".includes(key[at] as string)) return false;
  }
  return true;
}

function isValue(value: string): boolean {
  if (value.length === 0 || value.length > VALUE_CHARACTERS_MAX || value.endsWith(" ")) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x2c || code === 0x3d) return false;
  }
  return true;
}

/** Of spaces and tabs, at the ends. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && (text[start] === " " || text[start] === "\t")) start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}

function isLowerOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

function isHex(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}

function isZero(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text[at] !== "0") return false;
  return true;
}
