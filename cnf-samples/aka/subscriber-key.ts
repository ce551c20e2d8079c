/** The long-term keys of a subscriber, derived from one seed: the UDR and the simulated SIM need no shared file. */
import { createHmac } from "node:crypto";
import type { MilenageKey } from "./milenage.ts";

/** K and OPc of a SUPI: the first 128 bits of HMAC-SHA-256(seed, "K" or "OPc" and the SUPI). */
export function subscriberKey(seed: string, supi: string): MilenageKey {
  return { k: derive(seed, `K ${supi}`), opc: derive(seed, `OPc ${supi}`) };
}

function derive(seed: string, label: string): Buffer {
  return createHmac("sha256", seed).update(label).digest().subarray(0, 16);
}
