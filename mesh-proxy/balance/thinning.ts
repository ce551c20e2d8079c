/** Takes a part of an endpoint's flows away from it, always the same ones. */
import { finish, hashText } from "./hash.ts";

const SEED = 0x2545f491;

/**
 * Whether a flow belongs to the part that an endpoint loses. Flows that are not lost stay where they were, and those that are
 * spread over the others as if the endpoint were not there.
 * @param part that the endpoint keeps, in [0, 1]
 */
export function isThinnedOut(
  part: number,
  endpoint: string,
  source: { readonly address: string; readonly port: number },
): boolean {
  if (part >= 1) return false;
  const hash = finish(hashText(`${source.address} ${source.port}`, SEED) ^ hashText(endpoint, SEED));
  return hash / 2 ** 32 >= part;
}
