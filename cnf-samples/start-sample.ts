/** Starts a sample by name, configured as every component is: defaults, a file, `--set`. */
import { WeftError } from "../core/model/weft-error.ts";
import { type ConfigOptions, readConfig } from "../platform/yaml/read-config.ts";
import { sampleCatalogue } from "./catalogue.ts";
import type { RunningSample, Sample, SampleDeps } from "./sample.ts";

/** @throws WeftError config-invalid naming the sample or the field, listen-failed naming the address. */
export async function startSample(name: string, options: ConfigOptions, deps: SampleDeps): Promise<RunningSample> {
  const { configSchema, start } = sampleNamed(name);
  return start(readConfig(configSchema, options), deps);
}

function sampleNamed(name: string): Sample {
  if (Object.hasOwn(sampleCatalogue, name)) return sampleCatalogue[name as keyof typeof sampleCatalogue];
  const known = Object.keys(sampleCatalogue).join(", ");
  throw new WeftError("config-invalid", `there is no sample ${JSON.stringify(name)}; there are ${known}`);
}
