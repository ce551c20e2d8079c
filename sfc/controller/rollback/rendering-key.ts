import { createHash } from "node:crypto";
import type { PathHop } from "../../../core/model/chain.ts";
import { shapeOf } from "../render-chain.ts";

/**
 * The same for two paths of one generation with the same functions, instances and classifiers' nodes. Weights do not count: they
 * are never twice the same, and an instance that fails does so whatever its weight is.
 */
export function renderingKey(chainGeneration: number, hops: readonly PathHop[]): string {
  return `${chainGeneration}-${createHash("sha256").update(shapeOf(hops)).digest("hex").slice(0, 16)}`;
}
