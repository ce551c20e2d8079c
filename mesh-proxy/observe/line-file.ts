/** Appends lines to a file without anybody waiting for it: what finds no room is dropped. */
import { Buffer } from "node:buffer";
import { close, constants, openSync, write } from "node:fs";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";

export interface LineFileOptions {
  /** Opened to append; `-` is standard output. */
  readonly path: string;
  /** Most that waits, bytes. */
  readonly bytesMax: number;
  readonly clock: Clock;
  /** Lines that found no room, or that the file did not take. */
  readonly onDropped: (lineCount: number) => void;
}

const WRITE_DELAY_MS = 100;
const WRITE_BYTES = 64 * 1024;
/** PIPE_BUF: a pipe takes that much whole or not at all, so that lines of others do not come in between. */
const PIPE_BYTES = 4096;
/** A pipe that is full is asked again after this. */
const RETRY_DELAY_MS = 20;
const STANDARD_OUTPUT = 1;
/** Opened anew, so that writing to it does not block a thread of Node's, and whoever else writes there keeps the flags that it has. */
const STANDARD_OUTPUT_PATH = "/proc/self/fd/1";

export class LineFile {
  private readonly options: LineFileOptions;
  private readonly descriptor: number;
  private readonly writeBytes: number;
  private lines: string[] = [];
  private byteCount = 0;
  /** Of lines that are being written. */
  private batch: { readonly bytes: Buffer; from: number; readonly lineCount: number } | undefined;
  private cancelWait: (() => void) | undefined;
  private isClosed = false;
  /** Nothing more is written. */
  private isOver = false;
  private onIdle: () => void = () => {};

  /** @throws WeftError config-invalid */
  constructor(options: LineFileOptions) {
    this.options = options;
    const isStandard = options.path === "-";
    this.descriptor = isStandard ? openStandardOutput() : openToAppend(options.path);
    this.writeBytes = isStandard ? PIPE_BYTES : WRITE_BYTES;
  }

  /** @param line ASCII, with its line feed */
  append(line: string): void {
    const { bytesMax, clock, onDropped } = this.options;
    const waiting = this.byteCount + (this.batch?.bytes.length ?? 0);
    if (this.isClosed || waiting + line.length > bytesMax) {
      onDropped(1);
      return;
    }
    this.lines.push(line);
    this.byteCount += line.length;
    if (this.batch === undefined && this.byteCount >= WRITE_BYTES) this.writeNext();
    else if (this.batch === undefined) this.cancelWait ??= clock.after(WRITE_DELAY_MS, () => this.writeNext());
  }

  /** Writes what waits, for at most `timeoutMs`; what is left then is dropped. */
  async close(timeoutMs: number): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { clock, onDropped } = this.options;
    const idle = Promise.withResolvers<void>();
    this.onIdle = idle.resolve;
    const cancel = clock.after(timeoutMs, idle.resolve);
    if (this.batch === undefined) this.writeNext();
    await idle.promise;
    cancel();
    this.isOver = true;
    const left = this.lines.length + (this.batch?.lineCount ?? 0);
    if (left > 0) onDropped(left);
    this.lines = [];
    if (this.descriptor !== STANDARD_OUTPUT) close(this.descriptor, () => {});
  }

  private writeNext(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    const { lines } = this;
    if (lines.length === 0) {
      this.onIdle();
      return;
    }
    let [lineCount, byteCount] = [0, 0];
    for (const { length } of lines) {
      if (lineCount > 0 && byteCount + length > this.writeBytes) break;
      lineCount++;
      byteCount += length;
    }
    const text = lines.splice(0, lineCount).join("");
    this.byteCount -= byteCount;
    this.batch = { bytes: Buffer.from(text, "latin1"), from: 0, lineCount };
    this.writeBatch(this.batch);
  }

  private writeBatch(batch: NonNullable<LineFile["batch"]>): void {
    if (this.isOver) return;
    write(this.descriptor, batch.bytes, batch.from, (error, writtenBytes) => {
      if (this.isOver) return;
      if (error?.code === "EAGAIN") {
        this.options.clock.after(RETRY_DELAY_MS, () => this.writeBatch(batch));
        return;
      }
      batch.from += writtenBytes;
      if (error === null && batch.from < batch.bytes.length) {
        this.writeBatch(batch);
        return;
      }
      if (error !== null) this.options.onDropped(batch.lineCount);
      this.batch = undefined;
      this.writeNext();
    });
  }
}

function openStandardOutput(): number {
  try {
    return openSync(STANDARD_OUTPUT_PATH, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    // A socket cannot be opened anew.
    return STANDARD_OUTPUT;
  }
}

function openToAppend(path: string): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0o640);
  } catch (error) {
    throw new WeftError("config-invalid", `accessLogFile: ${messageOf(error)}`, { cause: error });
  }
}
