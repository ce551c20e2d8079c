/** Pods that would be evicted, by node: with whole pods or with their UIDs. Read by hand, since there are thousands of small objects. */
import { z } from "zod";

export interface MetaVictims {
  readonly uids: readonly string[];
  readonly pdbViolations: number;
}

/** @param uidOf finds the UID in one of the listed pods. */
export function victimsSchema(uidOf: (pod: unknown) => unknown) {
  return z.unknown().transform((byNode, context): ReadonlyMap<string, MetaVictims> => {
    const victims = new Map<string, MetaVictims>();
    if (byNode === null) return victims;
    if (typeof byNode !== "object" || Array.isArray(byNode)) {
      context.addIssue({ code: "custom", message: "is not an object of victims by node" });
      return z.NEVER;
    }
    for (const [node, value] of Object.entries(byNode)) {
      const read = readVictims(value, uidOf);
      if ("reason" in read) {
        context.addIssue({ code: "custom", path: [node, ...read.path], message: read.reason });
        return z.NEVER;
      }
      victims.set(node, read);
    }
    return victims;
  });
}

/** The value under a key written in any case, as Go's decoder would find it; undefined of what is no object. */
export function fieldOf(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  if (Object.hasOwn(object, key)) return (object as Readonly<Record<string, unknown>>)[key];
  return Object.entries(object).find(([other]) => other.toLowerCase() === key.toLowerCase())?.[1];
}

interface WrongVictims {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

function readVictims(value: unknown, uidOf: (pod: unknown) => unknown): MetaVictims | WrongVictims {
  if (typeof value !== "object" || value === null) return { path: [], reason: "is not an object" };
  const pods = fieldOf(value, "Pods") ?? [];
  if (!Array.isArray(pods)) return { path: ["Pods"], reason: "is not a list" };
  const pdbViolations = fieldOf(value, "NumPDBViolations") ?? 0;
  if (typeof pdbViolations !== "number" || !Number.isInteger(pdbViolations))
    return { path: ["NumPDBViolations"], reason: "is not an integer" };
  const uids = pods.map(uidOf);
  const wrong = uids.findIndex((uid) => typeof uid !== "string");
  if (wrong >= 0) return { path: ["Pods", wrong], reason: "has no UID" };
  return { uids: uids as string[], pdbViolations };
}
