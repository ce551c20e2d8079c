/** Judges of single values and of lists; undefined is sound. */

export interface Contradiction {
  /** A path into the snapshot, such as `upstreams[2].endpoints[0].pod`. */
  readonly field: string;
  readonly reason: string;
}

export type Verdict = Contradiction | undefined;

export function judgePort(port: number, field: string): Verdict {
  return judgeInteger(port, field, 1, 65_535);
}

export function judgeInteger(value: number, field: string, min: number, max: number): Verdict {
  const isInRange = Number.isInteger(value) && value >= min && value <= max;
  return isInRange ? undefined : { field, reason: `${value} is not an integer in ${min}..${max}` };
}

export function judgeUnique<T>(
  items: readonly T[],
  list: string,
  field: string,
  keyOf: (item: T) => string | number,
): Verdict {
  const seen = new Map<string | number, number>();
  for (const item of items) {
    const key = keyOf(item);
    const before = seen.get(key);
    if (before !== undefined)
      return { field: `${list}[${seen.size}].${field}`, reason: `${key} stands already in ${list}[${before}]` };
    seen.set(key, seen.size);
  }
  return undefined;
}

/** Snapshots have thousands of fields, and next to never a wrong one: its name is written only then, by judging it again. */
export function first<T>(items: readonly T[], list: string, judge: (item: T, field: string) => Verdict): Verdict {
  const index = items.findIndex((item) => judge(item, "") !== undefined);
  return index < 0 ? undefined : judge(items[index] as T, `${list}[${index}]`);
}
