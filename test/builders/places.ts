/** Any few nodes, with and without labels. */
import fc from "fast-check";
import type { Place } from "../../core/model/locality.ts";

const label = fc.constantFrom(undefined, "1", "2");

export const anyPlaces: fc.Arbitrary<Place[]> = fc
  .array(fc.record({ rack: label, zone: label, region: label }), { minLength: 1, maxLength: 12 })
  .map((places): Place[] => places.map((place, index) => ({ node: `n${index}`, ...place })));
