/**
 * Rewrites the JSON Schema that Zod gives into the structural schema that a CustomResourceDefinition wants.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { type ZodType, z } from "zod";
import { invariant } from "../../core/model/invariant.ts";

export interface StructuralSchema {
  readonly [keyword: string]: unknown;
}

export function structuralSchema(schema: ZodType): StructuralSchema {
  return rewritten(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }));
}

function rewritten(schema: unknown): StructuralSchema {
  invariant(isSchema(schema), "a JSON Schema is an object");
  const { anyOf, properties, items, additionalProperties, propertyNames: _, $schema: __, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).filter(([keyword, value]) => !isImpliedBound(keyword, value)));
  return {
    ...own,
    ...(anyOf !== undefined && intOrString(anyOf)),
    ...(properties !== undefined && { properties: eachRewritten(properties) }),
    ...(items !== undefined && { items: rewritten(items) }),
    // `false` cannot stand beside properties: the API server prunes, or refuses, unknown fields itself.
    ...(isSchema(additionalProperties) && { additionalProperties: rewritten(additionalProperties) }),
  };
}

/** The one union that has a structural form; what limits its text can stand outside, where numbers do not mind it. */
function intOrString(anyOf: unknown): StructuralSchema {
  const [integer, text, ...others]: unknown[] = Array.isArray(anyOf) ? anyOf : [];
  const isIntOrString = isSchema(integer) && integer.type === "integer" && isSchema(text) && text.type === "string";
  invariant(isIntOrString && others.length === 0, "the only union in a resource is of integer and string");
  const { type: _, ...limits } = text;
  return { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }], ...limits };
}

/** What every whole number in JavaScript has, and says nothing. */
function isImpliedBound(keyword: string, value: unknown): boolean {
  return (keyword === "maximum" || keyword === "minimum") && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
}

function eachRewritten(properties: unknown): Readonly<Record<string, StructuralSchema>> {
  invariant(isSchema(properties), "properties are an object");
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, rewritten(value)]));
}

function isSchema(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
