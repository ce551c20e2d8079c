/** What the programs of the benchmark say goes to stderr, warnings and errors only. */
import type { Log } from "../../../core/ports/log.ts";

const tell = (message: string, fields?: Readonly<Record<string, unknown>>) =>
  void process.stderr.write(`${message} ${fields === undefined ? "" : JSON.stringify(fields)}\n`);

const isLoud = process.env.WEFT_BENCH_LOG === "1";

export const log: Log = { debug() {}, info() {}, warn: isLoud ? tell : () => {}, error: tell };
