/** Starts a sample from command-line arguments: every configuration key is an option of the same name, in kebab-case. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf, WeftError } from "../core/model/weft-error.ts";
import { sampleCatalogue } from "./catalogue.ts";
import type { RunningSample, Sample, SampleDeps } from "./sample.ts";
import { parseSampleArguments } from "./sample-arguments.ts";

/**
 * Starts the sample `name`. `args` are what follows it on the command line: `--host 127.0.0.2 --upstream
 * ausf=http://127.0.0.1:15011`; `--config file.json` is read first and options override it. Throws `config-invalid` naming
 * the option or field, `listen-failed` naming the address.
 */
export async function startSample(name: string, args: readonly string[], deps: SampleDeps): Promise<RunningSample> {
  const sample = sampleNamed(name);
  const { configFile, config } = parseSampleArguments(args, sample.configSchema);
  const base = configFile === undefined ? {} : await readConfig(configFile);
  return sample.start(mergeConfig(base, config), deps);
}

function sampleNamed(name: string): Sample {
  if (Object.hasOwn(sampleCatalogue, name)) return sampleCatalogue[name as keyof typeof sampleCatalogue];
  const known = Object.keys(sampleCatalogue).join(", ");
  throw new WeftError("config-invalid", `there is no sample ${JSON.stringify(name)}; there are ${known}`);
}

async function readConfig(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return z.looseObject({}).parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new WeftError("config-invalid", `${file}: ${messageOf(cause)}`, { cause });
  }
}

function mergeConfig(
  base: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { upstreams, ...others } = options;
  if (upstreams === undefined) return { ...base, ...others };
  return { ...base, ...others, upstreams: { ...(base.upstreams as object | undefined), ...(upstreams as object) } };
}
