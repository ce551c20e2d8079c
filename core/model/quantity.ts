/**
 * Kubernetes quantities as numbers in base units.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

export type ParsedQuantity =
  | { readonly kind: "quantity"; readonly value: number }
  | { readonly kind: "rejected"; readonly reason: string };

const QUANTITY_LENGTH_MAX = 64;

const SUFFIX_FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Parses `"250m"`, `"1.5Gi"`, `"2e3"` or a plain number into base units (cores, bytes). */
export function parseQuantity(text: string | number): ParsedQuantity {
  if (typeof text === "number") return finite(text, String(text));
  if (text.length > QUANTITY_LENGTH_MAX) return rejected(`is longer than ${QUANTITY_LENGTH_MAX} characters`);
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkKMGTPE]i?|))$/.exec(text);
  if (!match) return rejected(`"${text}" is not a quantity such as "250m", "1.5Gi" or "100M"`);
  const factor = match[2] ? 1 : SUFFIX_FACTORS[match[3] ?? ""];
  if (factor === undefined) return rejected(`"${text}" has the unknown suffix "${match[3]}"`);
  return finite(Number(`${match[1]}${match[2] ?? ""}`) * factor, text);
}

/** The value of a quantity that something else has validated already; what cannot be read counts as `fallback`. */
export function quantityOr(text: string | number | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const parsed = parseQuantity(text);
  return parsed.kind === "quantity" ? parsed.value : fallback;
}

function finite(value: number, text: string): ParsedQuantity {
  return Number.isFinite(value) ? { kind: "quantity", value } : rejected(`${text} is out of range`);
}

function rejected(reason: string): ParsedQuantity {
  return { kind: "rejected", reason };
}
