/** A branch of a ServiceFunctionChain, as a person writes it. */
import { z } from "zod";
import type { ChainBranch } from "../../core/model/chain.ts";
import { http, httpMatchOf, httpObject, listOf } from "./chain-classifier.ts";
import { cidrBlock } from "./match-scalars.ts";
import { ruled } from "./ruled.ts";
import { objectName } from "./scalars.ts";

const match = ruled(
  z.strictObject({
    cidrs: listOf(cidrBlock).describe("Blocks of the client's address as the first proxy sees it."),
    http: http.optional().describe("Requests that the function gives back like this; of ports that speak HTTP/1.1."),
  }),
  {
    cel: "has(self.cidrs) || has(self.http)",
    message: "must have cidrs or http",
    holds: (value) => value.cidrs !== undefined || value.http !== undefined,
  },
);

export const branch = z.strictObject({
  after: objectName.describe("A function of the chain: traffic leaves the chain behind it."),
  match: match.optional().describe("Which traffic; if absent, what the function itself sends there (reclassifies)."),
  to: objectName.describe(
    "A chain of the namespace to the same port of the same Service: traffic enters it at its first function.",
  ),
});

export function branchOf({ after, match: keys, to }: z.output<typeof branch>): ChainBranch {
  if (keys === undefined) return { after, to };
  const sources = keys.cidrs && { sources: keys.cidrs };
  return { after, match: { ...sources, ...(keys.http && { http: httpMatchOf(keys.http) }) }, to };
}

/** As a client would write it. */
export function branchObject({ after, match: keys, to }: ChainBranch): z.input<typeof branch> {
  if (keys === undefined) return { after, to };
  const cidrs = keys.sources && { cidrs: [...keys.sources] };
  return { after, match: { ...cidrs, ...(keys.http && { http: httpObject(keys.http) }) }, to };
}
