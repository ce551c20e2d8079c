/** What `weft tap --filter` takes. */
import type { TapFilter } from "../../mesh-proxy/observe/tap-filter.ts";

export const tapFilterKeys: readonly (keyof TapFilter)[] = [
  "method",
  "path",
  "host",
  "status",
  "source",
  "destination",
  "chain",
];

/** @returns the filters before with one more; undefined for what is no `key=value`, or a key that is not known or was given before */
export function addTapFilter(text: string, before: TapFilter): TapFilter | undefined {
  const equals = text.indexOf("=");
  const key = text.slice(0, Math.max(0, equals));
  const value = text.slice(equals + 1);
  const isKnown = tapFilterKeys.some((known) => known === key);
  if (!isKnown || value === "" || Object.hasOwn(before, key)) return undefined;
  return { ...before, [key]: value };
}
