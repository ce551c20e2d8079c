/** MurmurHash3, x86, 32 bit (Austin Appleby, public domain): fast, well mixed, and not for secrets. */

/** Hash of `bytes[start, end)`. @returns 0 .. 2^32-1 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0;
  const blocksEnd = end - ((end - start) & 3);
  for (let at = start; at < blocksEnd; at += 4) {
    hash = mixBlock(
      hash,
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24),
    );
  }
  let tail = 0;
  for (let at = end - 1; at >= blocksEnd; at--) tail = (tail << 8) | byteAt(bytes, at);
  if (blocksEnd < end) hash ^= scramble(tail);
  return finish(hash ^ (end - start));
}

/** Hash of the text's UTF-16 code units: `hashBytes` of its UTF-16LE bytes, without making them. @returns 0 .. 2^32-1 */
export function hashText(text: string, seed: number): number {
  let hash = seed | 0;
  const pairsEnd = text.length & ~1;
  for (let at = 0; at < pairsEnd; at += 2) hash = mixBlock(hash, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  if (pairsEnd < text.length) hash ^= scramble(text.charCodeAt(pairsEnd));
  return finish(hash ^ (2 * text.length));
}

/** Spreads every bit of a 32-bit number over all of the result (Murmur3's finaliser). @returns 0 .. 2^32-1 */
export function finish(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(block: number): number {
  const scrambled = Math.imul(block, 0xcc9e2d51);
  return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
