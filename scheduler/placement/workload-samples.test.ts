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

test("a workload says what its newest pod says", () => {
  const samples = samplesOf([saying("amf-0", "udm")], [saying("amf-0", "udm"), saying("amf-1", "smf")]);
  expect(samples.get("core/amf")?.talksTo).toBe("smf");
  expect([mentioning(samples, "core/udm"), mentioning(samples, "core/smf")]).toEqual([[], ["core/amf"]]);
});

test("an older pod that changes does not speak for its workload", () => {
  const [old, young] = [saying("amf-0", "udm"), saying("amf-1", "smf")];
  const samples = samplesOf([old, young], [saying("amf-0", "nrf"), young]);
  expect(samples.get("core/amf")?.talksTo).toBe("smf");
});

test("when its newest pod goes, the one before speaks again", () => {
  const [old, young] = [saying("amf-0", "udm"), saying("amf-1", "smf")];
  const samples = samplesOf([old, young], [old]);
  expect(mentioning(samples, "core/udm")).toEqual(["core/amf"]);
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
      const last = (lists.at(-1) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const [samples, fresh] = [samplesOf(...lists, last), samplesOf(last)];
      for (const key of ["core/amf", "core/smf"]) expect(samples.get(key)?.workload).toEqual(fresh.get(key)?.workload);
      const speaking = (of: WorkloadSamples, name: string) => mentioning(of, name).length;
      const says = (word: string) => ["core/amf", "core/smf"].filter((key) => samples.get(key)?.talksTo === word);
      expect(speaking(samples, "core/udm")).toBe(says("udm").length);
      expect(speaking(samples, "core/amf")).toBe(says("amf").length);
    }),
  );
});
