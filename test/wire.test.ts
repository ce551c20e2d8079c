/** A share of what `npm run fuzz` does at length. */
import fc from "fast-check";
import { test } from "vitest";
import { wireProperties } from "./builders/wire-properties.ts";

test.each(wireProperties)("$name", ({ property }) => fc.assert(property, { numRuns: 2000 }));
