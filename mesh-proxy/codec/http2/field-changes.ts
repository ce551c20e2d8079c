/** The changes that a route makes to heads, made to decoded fields of HTTP/2. */
import { Buffer } from "node:buffer";
import type { HeaderChange } from "../../../core/model/request-rule.ts";
import { findTargetPath, replacedUpTo, replacementFor, type TargetChange, type TargetPath } from "../target-change.ts";
import { HeaderFields } from "./header-fields.ts";

export interface FieldChanges {
  readonly removed: ReadonlySet<string>;
  /** Names, in lower case, and values in turn. */
  readonly added: readonly string[];
  /** Of requests only, as is `target`. */
  readonly host: string | undefined;
  readonly target: TargetChange | undefined;
}

/** @returns undefined where nothing is to be changed */
export function compileFieldChanges(
  change: HeaderChange | undefined,
  { host, target }: { readonly host?: string | undefined; readonly target?: TargetChange | undefined } = {},
): FieldChanges | undefined {
  if (change === undefined && host === undefined && target === undefined) return undefined;
  return {
    removed: new Set(change?.removed),
    added: (change?.added ?? []).flatMap(({ name, value }) => [name.toLowerCase(), value]),
    host,
    target,
  };
}

/** A copy with the changes made; what is secret stays so. */
export function changeFields(
  { texts, secrets }: HeaderFields,
  { removed, added, host, target }: FieldChanges,
): HeaderFields {
  const changed = new HeaderFields();
  let hasAuthority = host === undefined;
  for (let at = 0; at < texts.length; at += 2) {
    const name = texts[at] as string;
    const value = texts[at + 1] as string;
    if (removed.has(name)) continue;
    const isHost = host !== undefined && (name === ":authority" || name === "host");
    hasAuthority ||= isHost;
    changed.field(
      name,
      isHost ? host : name === ":path" && target ? changedPath(value, target) : value,
      secrets?.has(at),
    );
  }
  for (let at = 0; at < added.length; at += 2) changed.field(added[at] as string, added[at + 1] as string);
  if (!hasAuthority && host !== undefined) changed.field("host", host);
  return changed;
}

function changedPath(text: string, target: TargetChange): string {
  const bytes = Buffer.from(text, "latin1");
  const path: TargetPath = { authorityFrom: -1, from: -1, to: -1 };
  findTargetPath(bytes, 0, bytes.length, path);
  if (path.from < 0) return text;
  const upTo = replacedUpTo(target, bytes, path.from, path.to);
  return text.slice(0, path.from) + replacementFor(target, upTo, path.to).toString("latin1") + text.slice(upTo);
}
