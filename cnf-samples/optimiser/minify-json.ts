/** Removes the whitespace that JSON does not need. */

const quote = 0x22;
const backslash = 0x5c;

/** The same JSON with nothing between its tokens, every token as it was; undefined for what is not JSON. */
export function minifyJson(text: Buffer): Buffer | undefined {
  if (!isJson(text)) return undefined;
  const result = Buffer.allocUnsafe(text.length);
  let length = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index] ?? 0;
    if (isInString) {
      result[length++] = byte;
      if (byte === backslash) result[length++] = text[++index] ?? 0;
      else if (byte === quote) isInString = false;
    } else if (!isWhitespace(byte)) {
      result[length++] = byte;
      if (byte === quote) isInString = true;
    }
  }
  return result.subarray(0, length);
}

function isJson(text: Buffer): boolean {
  try {
    JSON.parse(text.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
