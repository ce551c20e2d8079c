/** The labels of one sample in the Prometheus text format, and the scanning that the rest of the line needs too. */

/** Fills `labels` from `{a="b",...}` at the start of `text`; answers where they end, or the reason why they are wrong. */
export function readLabels(text: string, labels: Map<string, string>, labelsMax: number): number | string {
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

export function skipName(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isNameCode(text.charCodeAt(at), at > from)) at += 1;
  return at;
}

function isNameCode(code: number, isInside: boolean): boolean {
  const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
  return isLetter || code === 95 || code === 58 || (isInside && code >= 48 && code <= 57);
}

export function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text[at])) at += 1;
  return at;
}

export function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
