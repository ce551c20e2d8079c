/** The value under a key written in any case, as Go's decoder would find it; undefined of what is no object. */
export function fieldOf(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  if (Object.hasOwn(object, key)) return (object as Readonly<Record<string, unknown>>)[key];
  return Object.entries(object).find(([other]) => other.toLowerCase() === key.toLowerCase())?.[1];
}

/** An object of these fields only, written so; what is no object stays what it is. */
export function fieldsOf(object: unknown, keys: readonly string[]): unknown {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return object;
  return Object.fromEntries(keys.map((key) => [key, fieldOf(object, key)]));
}
