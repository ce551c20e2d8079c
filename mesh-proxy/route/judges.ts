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
  return first(items, list, (item, at) => {
    const key = keyOf(item);
    const before = seen.get(key);
    seen.set(key, seen.size);
    return before === undefined
      ? undefined
      : { field: `${at}.${field}`, reason: `${key} stands already in ${list}[${before}]` };
  });
}

export function first<T>(items: readonly T[], list: string, judge: (item: T, field: string) => Verdict): Verdict {
  for (const [index, item] of items.entries()) {
    const verdict = judge(item, `${list}[${index}]`);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
