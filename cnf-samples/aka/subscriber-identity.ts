/** SUPI and SUCI as TS 23.003 clauses 2.2A and 2.2B write them; only the null protection scheme is understood. */

export interface Plmn {
  /** Three digits. */
  readonly mcc: string;
  /** Two or three digits. */
  readonly mnc: string;
}

export type Deconcealed =
  | { readonly kind: "supi"; readonly supi: string }
  | { readonly kind: "rejected"; readonly reason: string };

const supiPattern = /^imsi-\d{14,15}$/;
const suciPattern = /^suci-0-(\d{3})-(\d{2,3})-(\d{1,4})-(\d{1,2})-(\d{1,3})-([0-9a-fA-F]{1,64})$/;

export function isSupi(text: string): boolean {
  return supiPattern.test(text);
}

/** `suci-<type>-<MCC>-<MNC>-<routing indicator>-<scheme>-<key id>-<output>` in the null scheme, where output is the MSIN. */
export function suciOf({ mcc, mnc }: Plmn, msin: string): string {
  return `suci-0-${mcc}-${mnc}-0-0-0-${msin}`;
}

export function deconceal(supiOrSuci: string): Deconcealed {
  if (isSupi(supiOrSuci)) return { kind: "supi", supi: supiOrSuci };
  const parts = suciPattern.exec(supiOrSuci);
  if (!parts) return { kind: "rejected", reason: "neither a SUPI (imsi-...) nor a SUCI of type 0" };
  const [, mcc = "", mnc = "", , scheme, , msin = ""] = parts;
  if (scheme !== "0")
    return { kind: "rejected", reason: `protection scheme ${scheme} is not supported, only 0 (null)` };
  const supi = `imsi-${mcc}${mnc}${msin}`;
  return isSupi(supi) ? { kind: "supi", supi } : { kind: "rejected", reason: "the MSIN gives no valid SUPI" };
}

/** `5G:mnc001.mcc001.3gppnetwork.org` (TS 24.501 clause 9.12.1). */
export function servingNetworkNameOf({ mcc, mnc }: Plmn): string {
  return `5G:mnc${mnc.padStart(3, "0")}.mcc${mcc}.3gppnetwork.org`;
}

/** MCC and MNC out of five or six digits. */
export function plmnOf(digits: string): Plmn {
  return { mcc: digits.slice(0, 3), mnc: digits.slice(3) };
}
