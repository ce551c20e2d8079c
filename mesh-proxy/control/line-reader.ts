/** Cuts a byte stream into lines of limited length. */

/** @throws RangeError when a line is longer than `lineBytesMax`. */
export class LineReader {
  private readonly lineBytesMax: number;
  private pieces: Uint8Array[] = [];
  private byteCount = 0;

  constructor(lineBytesMax: number) {
    this.lineBytesMax = lineBytesMax;
  }

  /** The lines that `chunk` completes, without their line feed. */
  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.pieces).toString("utf8"));
      this.pieces = [];
      this.byteCount = 0;
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  private keep(piece: Uint8Array): void {
    this.byteCount += piece.length;
    if (this.byteCount > this.lineBytesMax) throw new RangeError(`a line is longer than ${this.lineBytesMax} bytes`);
    if (piece.length > 0) this.pieces.push(piece);
  }
}
