import { WeftError } from "../../core/model/weft-error.ts";
import { failureOf } from "./api-failure.ts";
import type { ListOutcome } from "./list-objects.ts";

/** Why a list that is needed whole was not read. */
export function listFailure(what: string, outcome: Exclude<ListOutcome, { readonly kind: "listed" }>): WeftError {
  switch (outcome.kind) {
    case "refused":
      return failureOf(what, outcome.answer);
    case "expired":
      return new WeftError("kubernetes-conflict", `${what}: the list changed under the reading`);
    case "malformed":
      return new WeftError("kubernetes-unavailable", `${what}: ${outcome.reason}`);
    case "too-many":
      return new WeftError("kubernetes-unavailable", `${what}: there are more than ${outcome.objectsMax}`);
  }
}
