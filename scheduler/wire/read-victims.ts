/** Pods that would be evicted, by node: with whole pods or with their UIDs. Read by hand, since there are thousands of small objects. */
import type { Parsed } from "../../core/model/parsed.ts";
import { fieldOf } from "./field-of.ts";

export interface MetaVictims {
  readonly uids: readonly string[];
  readonly pdbViolations: number;
}

/**
 * @param field the name of what is read.
 * @param uidOf finds the UID in one of the listed pods.
 */
export function readVictims(
  field: string,
  byNode: unknown,
  uidOf: (pod: unknown) => unknown,
): Parsed<ReadonlyMap<string, MetaVictims>> {
  const victims = new Map<string, MetaVictims>();
  if (byNode === null || byNode === undefined) return { kind: "parsed", value: victims };
  if (typeof byNode !== "object" || Array.isArray(byNode))
    return { kind: "rejected", field, reason: "is not an object of victims by node" };
  for (const [node, value] of Object.entries(byNode)) {
    const read = readNode(value, uidOf);
    if ("reason" in read) return { kind: "rejected", field: `${field}.${node}${read.path}`, reason: read.reason };
    victims.set(node, read);
  }
  return { kind: "parsed", value: victims };
}

interface WrongVictims {
  /** From the node on. */
  readonly path: string;
  readonly reason: string;
}

function readNode(value: unknown, uidOf: (pod: unknown) => unknown): MetaVictims | WrongVictims {
  if (typeof value !== "object" || value === null) return { path: "", reason: "is not an object" };
  const pods = fieldOf(value, "Pods") ?? [];
  if (!Array.isArray(pods)) return { path: ".Pods", reason: "is not a list" };
  const pdbViolations = fieldOf(value, "NumPDBViolations") ?? 0;
  if (typeof pdbViolations !== "number" || !Number.isInteger(pdbViolations))
    return { path: ".NumPDBViolations", reason: "is not an integer" };
  const uids = pods.map(uidOf);
  const wrong = uids.findIndex((uid) => typeof uid !== "string");
  if (wrong >= 0) return { path: `.Pods[${wrong}]`, reason: "has no UID" };
  return { uids: uids as string[], pdbViolations };
}
