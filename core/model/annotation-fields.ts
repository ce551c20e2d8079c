/** Reads annotations that hold several fields: `"requests=100, unit=Second"`. */

import { parseDuration } from "./duration.ts";
import type { Parsed } from "./parsed.ts";
import { shortened } from "./shortened.ts";

/** What a field's text says, or why it says nothing. */
export type FieldReader<T> = (text: string) => { readonly value: T } | { readonly reason: string };

export type FieldReaders = Readonly<Record<string, FieldReader<unknown>>>;
export type FieldsOf<R extends FieldReaders> = {
  readonly [K in keyof R]?: R[K] extends FieldReader<infer T> ? T : never;
};

const LENGTH_MAX = 1024;

/** A rejection names the annotation, and in its reason the field. */
export function readFields<R extends FieldReaders>(annotation: string, text: string, readers: R): Parsed<FieldsOf<R>> {
  if (text.length > LENGTH_MAX) return rejectedAnnotation(annotation, `is longer than ${LENGTH_MAX} characters`);
  const fields: Record<string, unknown> = {};
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const at = entry.indexOf("=");
    const [name, value] = at < 0 ? [entry, ""] : [entry.slice(0, at).trimEnd(), entry.slice(at + 1).trimStart()];
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined)
      return rejectedAnnotation(annotation, `"${shortened(name)}" is none of ${Object.keys(readers).join(", ")}`);
    if (Object.hasOwn(fields, name)) return rejectedAnnotation(annotation, `says ${name} twice`);
    const result = read(value);
    if ("reason" in result)
      return rejectedAnnotation(annotation, `has the ${name} "${shortened(value)}", which is ${result.reason}`);
    fields[name] = result.value;
  }
  return { kind: "parsed", value: fields as FieldsOf<R> };
}

export function rejectedAnnotation(annotation: string, reason: string): Parsed<never> {
  return { kind: "rejected", field: `metadata.annotations["${annotation}"]`, reason };
}

export function count(min: number, max: number): FieldReader<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { reason: `no whole number within ${min} to ${max}` };
  };
}

export function decimal(min: number, max: number): FieldReader<number> {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { reason: `no number within ${min} to ${max}` };
  };
}

/** `1m30s`, in ms (Gateway API, GEP-2257). */
export function duration(minMs: number, maxMs: number): FieldReader<number> {
  return (text) => {
    const value = text.length <= 24 ? (parseDuration(text) ?? Number.NaN) : Number.NaN;
    return value >= minMs && value <= maxMs
      ? { value }
      : { reason: `no duration such as 1m30s or 500ms within ${minMs} ms to ${maxMs} ms` };
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): FieldReader<T> {
  return (text) => {
    const value = values.find((each) => each === text);
    return value === undefined ? { reason: `none of ${values.join(", ")}` } : { value };
  };
}

/** @param what it is no text of */
export function matching(pattern: RegExp, what: string): FieldReader<string> {
  return (text) => (text.length <= 256 && pattern.test(text) ? { value: text } : { reason: `no ${what}` });
}
