/** Request methods as small numbers: 0 is any other method. */

const names = ["OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;

export const METHOD = { other: 0, head: 2, connect: 6 } as const;

/** "OTHER" for what is not in RFC 9110 section 9.3 or RFC 5789; so labels made of it stay few. */
export function methodName(method: number): string {
  return names[method] ?? "OTHER";
}

/** The method written at `bytes[start, end)`; methods are case-sensitive. */
export function readMethod(bytes: Uint8Array, start: number, end: number): number {
  switch (bytes[start]) {
    case 0x47:
      return matches(bytes, start, end, 1);
    case 0x48:
      return matches(bytes, start, end, 2);
    case 0x50:
      return matches(bytes, start, end, 3) || matches(bytes, start, end, 4) || matches(bytes, start, end, 9);
    case 0x44:
      return matches(bytes, start, end, 5);
    case 0x43:
      return matches(bytes, start, end, 6);
    case 0x4f:
      return matches(bytes, start, end, 7);
    case 0x54:
      return matches(bytes, start, end, 8);
    default:
      return METHOD.other;
  }
}

function matches(bytes: Uint8Array, start: number, end: number, method: number): number {
  const name = methodName(method);
  if (end - start !== name.length) return METHOD.other;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return METHOD.other;
  return method;
}

/** The number of a method's name. */
export function methodNumber(name: string): number {
  return Math.max(METHOD.other, (names as readonly string[]).indexOf(name));
}
