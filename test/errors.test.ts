import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCatalogue } from "../core/model/weft-error.ts";

test("docs/errors.md lists every error of the catalogue, word for word", () => {
  const rows = readFileSync("docs/errors.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.replace(/ +/g, " "));
  const expected = Object.entries(errorCatalogue).map(
    ([code, { retryable, summary }]) => `| \`${code}\` | ${retryable ? "yes" : "no"} | ${summary} |`,
  );
  expect(rows).toEqual(expected);
});
