/** What reading untrusted input gives: the value, or the one field that is wrong and why. */
export type Parsed<T> = { readonly kind: "parsed"; readonly value: T } | Rejected;

export interface Rejected {
  readonly kind: "rejected";
  /** Path to the field, such as `spec.functions[1]`; empty for the input as a whole. */
  readonly field: string;
  readonly reason: string;
}
