/** Reads untrusted input by a Zod schema and words what is wrong with it by field. */
import type { ZodError, ZodType } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";

/** The first wrong field in schema order; unknown fields come last, so that a misspelt required key is named as missing first. */
export function parseWith<T>(schema: ZodType<T>, input: unknown): Parsed<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: "parsed", value: parsed.data };
  const [first] = wrongFields(parsed.error);
  return { kind: "rejected", field: first?.field ?? "", reason: first?.reason ?? "is invalid" };
}

export interface WrongField {
  readonly field: string;
  readonly reason: string;
}

function wrongFields(error: ZodError): readonly WrongField[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ field: fieldPath(issue.path), reason: issue.message }];
    return issue.keys.map((key) => ({ field: fieldPath([...issue.path, key]), reason: "unknown field" }));
  });
}

/** `spec.hops[0].weights`, and `metadata.labels[app.kubernetes.io/name]` for keys that are no plain words. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    const isWord = typeof key === "string" && /^[A-Za-z_][\w-]*$/.test(key);
    if (!isWord) return `${text}[${String(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
