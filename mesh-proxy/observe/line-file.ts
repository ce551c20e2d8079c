/** Appends lines to a file without anybody waiting for it: what finds no room is dropped. */
import { Buffer } from "node:buffer";
import { close, constants, fstatSync, openSync, write } from "node:fs";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { AccessLine } from "./access-line.ts";

export interface LineFileOptions {
  /** Opened to append; `/dev/stdout` may be a pipe. */
  readonly path: string;
  /** Most that waits, bytes. */
  readonly bytesMax: number;
  readonly clock: Clock;
  /** Lines that found no room, or that the file did not take. */
  readonly onDropped: (lineCount: number) => void;
}

const WRITE_DELAY_MS = 50;
const CHUNK_BYTES = 256 * 1024;
/** Chunks that are kept to be filled again. */
const SPARE_CHUNKS_MAX = 2;
const LF = 0x0a;
/** PIPE_BUF: a pipe takes that much whole or not at all, so that lines of others do not come in between. */
const PIPE_BYTES = 4096;
/** A pipe that is full is asked again after this. */
const RETRY_DELAY_MS = 20;
const STANDARD_OUTPUT = 1;
const STANDARD_OUTPUT_PATH = "/dev/stdout";

/** Whole lines. */
interface Chunk {
  readonly bytes: Buffer;
  length: number;
  lineCount: number;
}

export class LineFile {
  private readonly options: LineFileOptions;
  private readonly descriptor: number;
  private readonly isPipe: boolean;
  /** The last one is being filled; the first one is being written while `isWriting`. */
  private chunks: Chunk[] = [];
  private readonly spare: Buffer[] = [];
  private byteCount = 0;
  private isWriting = false;
  private cancelWait: (() => void) | undefined;
  private isClosed = false;
  /** Nothing more is written. */
  private isOver = false;
  private onIdle: () => void = () => {};

  /** @throws WeftError config-invalid */
  constructor(options: LineFileOptions) {
    this.options = options;
    this.descriptor = openToAppend(options.path);
    this.isPipe = fstatSync(this.descriptor).isFIFO();
  }

  append({ bytes, length, tail }: AccessLine): void {
    const { bytesMax, clock, onDropped } = this.options;
    const lineBytes = length + tail.length;
    if (this.isClosed || this.byteCount + lineBytes > bytesMax) {
      onDropped(1);
      return;
    }
    const chunk = this.chunkFor(lineBytes);
    bytes.copy(chunk.bytes, chunk.length, 0, length);
    tail.copy(chunk.bytes, chunk.length + length);
    chunk.length += lineBytes;
    chunk.lineCount++;
    this.byteCount += lineBytes;
    if (this.isWriting) return;
    if (this.chunks.length > 1) this.writeNext();
    else this.cancelWait ??= clock.after(WRITE_DELAY_MS, () => this.writeNext());
  }

  /** Writes what waits, for at most `timeoutMs`; what is left then is dropped. */
  async close(timeoutMs: number): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { clock, onDropped } = this.options;
    const idle = Promise.withResolvers<void>();
    this.onIdle = idle.resolve;
    const cancel = clock.after(timeoutMs, idle.resolve);
    if (!this.isWriting) this.writeNext();
    await idle.promise;
    cancel();
    this.isOver = true;
    const left = this.chunks.reduce((sum, { lineCount }) => sum + lineCount, 0);
    if (left > 0) onDropped(left);
    this.chunks = [];
    if (this.descriptor !== STANDARD_OUTPUT) close(this.descriptor, () => {});
  }

  private chunkFor(lineBytes: number): Chunk {
    const last = this.chunks.at(-1);
    const isBeingWritten = this.isWriting && this.chunks.length === 1;
    if (last !== undefined && !isBeingWritten && last.length + lineBytes <= last.bytes.length) return last;
    const bytes = lineBytes > CHUNK_BYTES ? undefined : this.spare.pop();
    const chunk = { bytes: bytes ?? Buffer.allocUnsafe(Math.max(CHUNK_BYTES, lineBytes)), length: 0, lineCount: 0 };
    this.chunks.push(chunk);
    return chunk;
  }

  private writeNext(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    const [chunk] = this.chunks;
    this.isWriting = chunk !== undefined;
    if (chunk === undefined) this.onIdle();
    else this.writeChunk(chunk, 0);
  }

  private writeChunk(chunk: Chunk, from: number): void {
    if (this.isOver) return;
    const length = this.pieceOf(chunk, from);
    write(this.descriptor, chunk.bytes, from, length, null, (error, writtenBytes) => {
      if (this.isOver) return;
      if (error?.code === "EAGAIN") {
        this.options.clock.after(RETRY_DELAY_MS, () => this.writeChunk(chunk, from));
        return;
      }
      if (error === null && from + writtenBytes < chunk.length) {
        this.writeChunk(chunk, from + writtenBytes);
        return;
      }
      if (error !== null) this.options.onDropped(chunk.lineCount);
      this.chunks.shift();
      this.byteCount -= chunk.length;
      if (chunk.bytes.length === CHUNK_BYTES && this.spare.length < SPARE_CHUNKS_MAX) this.spare.push(chunk.bytes);
      this.writeNext();
    });
  }

  /** Into a pipe as many whole lines as it takes at once. */
  private pieceOf({ bytes, length }: Chunk, from: number): number {
    if (!this.isPipe || length - from <= PIPE_BYTES) return length - from;
    const end = bytes.lastIndexOf(LF, from + PIPE_BYTES - 1) + 1;
    return end > from ? end - from : bytes.indexOf(LF, from) + 1 - from;
  }
}

function openToAppend(path: string): number {
  // A file behind it has an offset that other writers of the process go by.
  if (path === STANDARD_OUTPUT_PATH && !fstatSync(STANDARD_OUTPUT).isFIFO()) return STANDARD_OUTPUT;
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
  try {
    // A pipe is opened anew, so that who does not read it blocks no thread of Node's, and who else writes to it keeps its flags.
    return openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0o640);
  } catch (error) {
    // It may be another user's.
    if (path === STANDARD_OUTPUT_PATH) return STANDARD_OUTPUT;
    throw new WeftError("config-invalid", `accessLogFile: ${messageOf(error)}`, { cause: error });
  }
}
