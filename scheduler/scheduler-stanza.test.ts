/** What `deploy/scheduler` tells kube-scheduler must be what this extender offers. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { schedulerConfigSchema } from "./scheduler-config.ts";

interface Stanza {
  readonly urlPrefix: string;
  readonly filterVerb?: string;
  readonly prioritizeVerb?: string;
  readonly preemptVerb?: string;
  readonly nodeCacheCapable: boolean;
  readonly ignorable: boolean;
  readonly weight: number;
}

const folder = path.join(import.meta.dirname, "../deploy/scheduler");
const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
const stanzaOf = (file: string) => {
  const { extenders } = parse(readFileSync(path.join(folder, file), "utf8")) as { extenders: [Stanza] };
  return extenders[0];
};

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

test.each(files)("%s never stops scheduling and sends names only", (file) => {
  expect(stanzaOf(file)).toMatchObject({ ignorable: true, nodeCacheCapable: true });
  expect(stanzaOf(file).weight).toBeGreaterThan(0);
});

test.each(files)("%s names the port and verbs that the extender has by default", async (file) => {
  bench = await schedulerBench();
  const { urlPrefix, filterVerb, prioritizeVerb, preemptVerb } = stanzaOf(file);
  expect(new URL(urlPrefix).port).toBe(String(schedulerConfigSchema.parse({}).port));
  for (const verb of [filterVerb, prioritizeVerb, preemptVerb]) {
    if (verb === undefined) continue;
    const body = { Pod: pendingPod("amf"), NodeNames: ["a"], NodeNameToMetaVictims: {} };
    expect((await bench.ask(verb, body)).status).toBe(200);
  }
});

test("the default rejects no node", () => {
  expect(stanzaOf("prioritize.yaml").filterVerb).toBeUndefined();
});
