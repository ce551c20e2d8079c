const ELLIPSIS = "\\u2026";

/**
 * A JSON string of ASCII characters alone, whatever it was made of, so that a line stays a line, bounded: at most `charactersMax` characters of
 * the text, of which each takes 6 at most; what is cut ends in an ellipsis.
 */
export function jsonText(text: string, charactersMax: number): string {
  const isCut = text.length > charactersMax;
  const length = isCut ? charactersMax : text.length;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return escaped(text.slice(0, length), isCut);
  }
  return isCut ? `"${text.slice(0, length)}${ELLIPSIS}"` : `"${text}"`;
}

function escaped(text: string, isCut: boolean): string {
  let json = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) json += `\\${text[at]}`;
    else if (code < 0x20 || code > 0x7e) json += `\\u${code.toString(16).padStart(4, "0")}`;
    else json += text[at];
  }
  return `"${json}${isCut ? ELLIPSIS : ""}"`;
}
