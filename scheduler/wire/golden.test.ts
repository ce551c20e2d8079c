/** What kube-scheduler 1.36 sends and reads, byte for byte: the files in `golden/`. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { meshPod } from "../../test/builders/mesh-cluster.ts";
import { type SchedulerBench, schedulerBench } from "../../test/builders/scheduler-bench.ts";

interface Golden {
  readonly says: string;
  readonly verb: string;
  readonly request: unknown;
  readonly response: unknown;
}

const folder = path.join(import.meta.dirname, "golden");
const samples = readdirSync(folder).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Golden),
}));

let bench: SchedulerBench | undefined;
afterEach(() => bench?.stop());

test.each(samples)("$file: $says", async ({ verb, request, response }) => {
  bench = await schedulerBench({
    pods: [meshPod("nrf-0", "a")],
    flows: { "amf>nrf": 1000 },
    bindPod: async () => {},
  });
  const answer = await bench.ask(verb, request);
  expect(answer.status).toBe(200);
  expect(answer.body).toBe(JSON.stringify(response));
});
