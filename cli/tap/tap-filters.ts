/** What `weft tap --filter` takes. */
export const tapFilterKeys = ["method", "path", "host", "status", "source", "destination", "chain"] as const;
type TapFilterKey = (typeof tapFilterKeys)[number];

export type TapFilters = Readonly<Partial<Record<TapFilterKey, string>>>;

/** @returns the filters before with one more; undefined for what is no `key=value`, or a key that is not known or was given before */
export function addTapFilter(text: string, before: TapFilters): TapFilters | undefined {
  const equals = text.indexOf("=");
  const key = text.slice(0, Math.max(0, equals));
  const value = text.slice(equals + 1);
  const isKnown = (tapFilterKeys as readonly string[]).includes(key);
  if (!isKnown || value === "" || Object.hasOwn(before, key)) return undefined;
  return { ...before, [key]: value };
}
