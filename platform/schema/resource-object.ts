/** The frame of a weft.dev object: loose metadata, as the API server adds fields of its own; a strict spec. */
import { type ZodType, z } from "zod";
import { objectName } from "./scalars.ts";

export const weftGroup = "weft.dev";
export const weftVersion = "v1alpha1";
export const weftApiVersion = `${weftGroup}/${weftVersion}`;

const apiMetadata = z.looseObject({
  namespace: objectName.default("default"),
  name: objectName,
  uid: z.string().default(""),
  generation: z.int().default(1),
  resourceVersion: z.string().default(""),
  creationTimestamp: z.string().optional(),
});

/** An object as the API server sends it or a manifest holds it; its status is not read here. */
export function resourceObject<K extends string, S extends ZodType>(kind: K, spec: S) {
  return z.strictObject({
    apiVersion: z.literal(weftApiVersion),
    kind: z.literal(kind),
    metadata: apiMetadata,
    spec,
    status: z.unknown().optional(),
  });
}

export interface WrittenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: WrittenMetadata;
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface WrittenMetadata {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}
