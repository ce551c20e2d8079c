import fc from "fast-check";

/** Something that must hold of bytes off the wire. */
export interface WireProperty {
  readonly name: string;
  check(numRuns: number): CheckedProperty;
}

export interface CheckedProperty {
  readonly seed: number;
  readonly numRuns: number;
  /** With the smallest case that was found; undefined where it holds. */
  readonly failure: string | undefined;
}

export function holding<Ts>(name: string, property: fc.IProperty<Ts>): WireProperty {
  return {
    name,
    check: (runs) => {
      const details = fc.check(property, { numRuns: runs });
      const { seed, numRuns } = details;
      return { seed, numRuns, failure: details.failed ? fc.defaultReportMessage(details) : undefined };
    },
  };
}
