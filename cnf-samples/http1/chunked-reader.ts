/** Chunked bodies (RFC 9112 clause 7.1), as they come. */

export type ChunkedState =
  | { readonly kind: "unfinished" }
  /** The body is whole; `consumed` bytes of the last piece belonged to it. */
  | { readonly kind: "whole"; readonly consumed: number; readonly hasTrailers: boolean }
  | { readonly kind: "malformed" };

type Step = "size" | "data" | "data-end" | "trailer";

const lineBytesMax = 256;
const sizeLine = /^([0-9a-fA-F]{1,8})[ \t]*(?:;[\t\x20-\x7e]*)?$/;

/** Finds the end of a body, and gathers the data of its chunks where asked to; the caller bounds how much that is. */
export class ChunkedReader {
  #data: Buffer[] = [];
  #keepsData: boolean;
  #step: Step = "size";
  #line = "";
  #left = 0;
  #hasTrailers = false;

  constructor({ keepsData = true } = {}) {
    this.#keepsData = keepsData;
  }

  /** Lets go of the data and keeps none from here on. */
  forgetData(): void {
    this.#data = [];
    this.#keepsData = false;
  }

  data(): Buffer {
    return Buffer.concat(this.#data);
  }

  read(piece: Buffer): ChunkedState {
    let offset = 0;
    while (offset < piece.length) {
      if (this.#step === "data") {
        const part = piece.subarray(offset, offset + this.#left);
        if (this.#keepsData) this.#data.push(part);
        this.#left -= part.length;
        offset += part.length;
        if (this.#left === 0) this.#step = "data-end";
        continue;
      }
      const lineEnd = piece.indexOf(0x0a, offset);
      const until = lineEnd < 0 ? piece.length : lineEnd + 1;
      this.#line += piece.toString("latin1", offset, until);
      offset = until;
      if (this.#line.length > lineBytesMax) return { kind: "malformed" };
      if (lineEnd < 0) break;
      const outcome = this.#endLine();
      if (outcome === "malformed") return { kind: "malformed" };
      if (outcome === "whole") return { kind: "whole", consumed: offset, hasTrailers: this.#hasTrailers };
    }
    return { kind: "unfinished" };
  }

  #endLine(): "more" | "whole" | "malformed" {
    if (!this.#line.endsWith("\r\n")) return "malformed";
    const line = this.#line.slice(0, -2);
    this.#line = "";
    switch (this.#step) {
      case "size":
        return this.#beginChunk(line);
      case "data-end":
        this.#step = "size";
        return line === "" ? "more" : "malformed";
      default:
        if (line === "") return "whole";
        this.#hasTrailers = true;
        return "more";
    }
  }

  #beginChunk(line: string): "more" | "malformed" {
    const size = sizeLine.exec(line)?.[1];
    if (size === undefined) return "malformed";
    this.#left = Number.parseInt(size, 16);
    this.#step = this.#left === 0 ? "trailer" : "data";
    return "more";
  }
}
