/** The flows of examples/5g-core as its lab metered them, kept in test/data. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { parseTrafficProfile } from "../../../platform/schema/traffic-profile.ts";

export const profileFile = path.join(import.meta.dirname, "../../data/5g-core-flows.json");

/** `measure-flows.ts` writes the file. */
export function measuredFlows(): TrafficProfile {
  const parsed = parseTrafficProfile(JSON.parse(readFileSync(profileFile, "utf8")));
  if (parsed.kind === "rejected") throw new Error(`${profileFile}: ${parsed.field}: ${parsed.reason}`);
  return parsed.value;
}
