/** A share of what `npm run fuzz` does at length. */
import { expect, test } from "vitest";
import { wireProperties } from "./builders/wire-properties.ts";

test.each(wireProperties)("$name", ({ check }) => expect(check(2000).failure).toBeUndefined());
