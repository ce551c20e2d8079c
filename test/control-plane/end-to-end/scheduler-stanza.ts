/** kube-scheduler as `deploy/scheduler` configures it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { SchedulerConfiguration } from "../kube-scheduler.ts";

export const stanzas = ["prioritize.yaml", "prioritize-and-filter.yaml"] as const;
export type Stanza = (typeof stanzas)[number];

const folder = path.join(import.meta.dirname, "../../../deploy/scheduler");

/** The file's own configuration, with the address that the extender has in the test. */
export function schedulerConfiguration(stanza: Stanza, extenderUrl: string): SchedulerConfiguration {
  const configuration = parse(readFileSync(path.join(folder, stanza), "utf8")) as Configuration;
  const extenders = configuration.extenders.map((extender) => ({ ...extender, urlPrefix: extenderUrl }));
  return { ...configuration, extenders };
}

interface Configuration extends SchedulerConfiguration {
  readonly extenders: readonly Readonly<Record<string, unknown>>[];
}
