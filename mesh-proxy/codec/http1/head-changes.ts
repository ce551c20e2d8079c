/** What is to be changed in the heads of one route's messages, as bytes. Compiled once, applied to every head. */
import { Buffer } from "node:buffer";
import type { HeaderChange } from "../../../core/model/request-rule.ts";
import type { TargetChange } from "../target-change.ts";

export interface HeadChanges {
  /** Names in lower case, whose lines go. */
  readonly removed: readonly Uint8Array[];
  /** Whole lines, which come behind the last one. */
  readonly added: Buffer;
  /** Value that `Host` has instead; of requests only. */
  readonly host?: Buffer | undefined;
  /** Of requests only. */
  readonly target?: TargetChange | undefined;
}

const nothing = Buffer.alloc(0);

/** @returns undefined where nothing is to be changed */
export function compileHeadChanges(
  change: HeaderChange | undefined,
  { host, target }: { readonly host?: string | undefined; readonly target?: TargetChange | undefined } = {},
): HeadChanges | undefined {
  if (change === undefined && host === undefined && target === undefined) return undefined;
  return {
    removed: (change?.removed ?? []).map((name) => Buffer.from(name, "latin1")),
    added: change === undefined ? nothing : Buffer.from(change.added.map(lineOf).join(""), "latin1"),
    host: host === undefined ? undefined : Buffer.from(host, "latin1"),
    target,
  };
}

function lineOf({ name, value }: HeaderChange["added"][number]): string {
  return `${name}: ${value}\r\n`;
}
