/** One rule, told twice: as a refinement to Zod and in CEL to the API server. */
import type { ZodType } from "zod";

export interface Rule<T> {
  /** In CEL, over `self`. Source: https://kubernetes.io/docs/reference/using-api/cel/ */
  readonly cel: string;
  readonly message: string;
  /** The same in TypeScript; left out for transition rules, which need the object's older version. */
  readonly holds?: (value: T) => boolean;
}

/** The schema with the rule; its JSON Schema carries the CEL as `x-kubernetes-validations`. */
export function ruled<S extends ZodType>(schema: S, ...rules: readonly Rule<S["_output"]>[]): S {
  const refined = rules.reduce<S>((inner, { holds, message }) => {
    return holds ? inner.refine((value) => holds(value), { error: message }) : inner;
  }, schema);
  const validations = rules.map(({ cel, message }) => ({ rule: cel, message }));
  return refined.meta({ ...schema.meta(), "x-kubernetes-validations": validations });
}
