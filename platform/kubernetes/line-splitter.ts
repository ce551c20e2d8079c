/** Cuts a byte stream into lines, as a watch sends one event a line. */
const newline = 0x0a;

export interface LineSplitter {
  /** The lines that `chunk` completes. @throws RangeError on a line of more than `lineBytesMax` bytes */
  push(chunk: Buffer): readonly string[];
  /** Bytes of a line that has not ended yet. */
  readonly pendingBytes: number;
}

export function createLineSplitter(lineBytesMax: number): LineSplitter {
  let parts: Buffer[] = [];
  let pendingBytes = 0;

  function keep(part: Buffer): void {
    pendingBytes += part.length;
    if (pendingBytes > lineBytesMax) throw new RangeError(`a line is longer than ${lineBytesMax} bytes`);
    if (part.length > 0) parts.push(part);
  }

  function takeLine(): string {
    const line = Buffer.concat(parts).toString("utf8");
    parts = [];
    pendingBytes = 0;
    return line;
  }

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        keep(chunk.subarray(start, end));
        lines.push(takeLine());
        start = end + 1;
      }
      keep(chunk.subarray(start));
      return lines;
    },
    get pendingBytes() {
      return pendingBytes;
    },
  };
}
