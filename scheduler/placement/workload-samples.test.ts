import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { meshPod } from "../../test/builders/mesh-cluster.ts";
import { WorkloadSamples } from "./workload-samples.ts";

const saying = (name: string, talksTo?: string): Pod =>
  meshPod(name, "a", "", talksTo === undefined ? {} : { annotations: { "weft.dev/talks-to": talksTo } });

function samplesOf(...lists: readonly (readonly Pod[])[]): WorkloadSamples {
  const samples = new WorkloadSamples();
  for (const pods of lists) samples.setPods(pods);
  return samples;
}

const mentioning = (samples: WorkloadSamples, key: string) =>
  samples
    .mentioning(key)
    .map(({ workload }) => workload)
    .sort();

const [first, second] = [saying("amf-0", "udm"), saying("amf-1", "smf")];

test("a workload says what the first of its pods says, in whatever order they are listed", () => {
  for (const pods of [[first, second], [second, first]]) // biome-ignore format: two orders
    expect(samplesOf(pods).get("core/amf")?.talksTo).toBe("udm");
});

test("a pod that is about to go does not speak for its workload", () => {
  const samples = samplesOf([first, second], [{ ...first, isTerminating: true }, second]);
  expect(samples.get("core/amf")?.talksTo).toBe("smf");
  expect([mentioning(samples, "core/udm"), mentioning(samples, "core/smf")]).toEqual([[], ["core/amf"]]);
});

test("when the pod that speaks goes, another one does", () => {
  const samples = samplesOf([first, second], [second]);
  expect(mentioning(samples, "core/smf")).toEqual(["core/amf"]);
});

test("pods that look like their workload's others are no news", () => {
  const samples = samplesOf([saying("amf-0", "udm")]);
  const { version } = samples;
  samples.setPods([saying("amf-0", "udm"), saying("amf-1", "udm")]);
  expect(samples.version).toBe(version);
});

test("pods that have ended say nothing", () => {
  const ended = meshPod("amf-0", "a", "", { isFinished: true, annotations: { "weft.dev/talks-to": "udm" } });
  expect(samplesOf([ended]).get("core/amf")).toBeUndefined();
});

test("after any sequence of lists everything is as after the last one", () => {
  const pool = ["amf-0", "amf-1", "smf-0"].flatMap((name) => [saying(name), saying(name, "udm"), saying(name, "amf")]);
  const list = fc.uniqueArray(fc.constantFrom(...pool), { selector: ({ name }) => name });
  fc.assert(
    fc.property(fc.array(list, { minLength: 1 }), (lists) => {
      const [samples, fresh] = [samplesOf(...lists), samplesOf(lists.at(-1) ?? [])];
      expect(samples.all()).toEqual(fresh.all());
      for (const key of ["core/amf", "core/udm"]) expect(mentioning(samples, key)).toEqual(mentioning(fresh, key));
      const selectedBy = (of: WorkloadSamples) => of.selectedBy("core", { "pod-template-hash": "1" });
      expect(selectedBy(samples)).toEqual(selectedBy(fresh));
    }),
  );
});
