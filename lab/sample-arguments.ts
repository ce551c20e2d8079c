/** What a container's arguments mean in the lab: which sample to start, and its settings with the pod's own addresses filled in. */
import { WeftError } from "../core/model/weft-error.ts";
import { podAddressVariable } from "../platform/schema/deployment.ts";

export interface SampleArguments {
  readonly sample: string;
  /** `key=value` pairs, as the command line takes them. */
  readonly set: readonly string[];
}

export interface PodNetwork {
  readonly podAddress: string;
  /** Addresses by Service name: what cluster DNS answers for a headless Service. */
  readonly hosts: ReadonlyMap<string, string>;
}

interface SampleContainer {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads `["sample", NAME, "--set", "key=value", ...]` with Kubernetes' `$(VARIABLE)` references. 127.0.0.1 becomes the pod's address:
 * the lab's pods share one loopback interface, on which each has its own.
 * @throws WeftError manifest-invalid naming the argument.
 */
export function sampleArguments({ args, env }: SampleContainer, network: PodNetwork): SampleArguments {
  const [command, sample, ...rest] = args;
  if (command !== "sample" || sample === undefined)
    throw new WeftError("manifest-invalid", `args: the lab runs ["sample", NAME, ...], not ${JSON.stringify(args)}`);
  const wrong =
    rest.find((word, index) => index % 2 === 0 && word !== "--set") ?? (rest.length % 2 ? rest.at(-1) : undefined);
  if (wrong !== undefined) throw new WeftError("manifest-invalid", `args: expected --set key=value, found ${wrong}`);
  const set = rest.filter((_, index) => index % 2 === 1);
  return { sample, set: set.map((pair) => fillIn(pair, env, network)) };
}

function fillIn(pair: string, env: Readonly<Record<string, string>>, { podAddress, hosts }: PodNetwork): string {
  const valueAt = pair.indexOf("=") + 1;
  const value = Object.entries(env).reduce(
    (text, [name, is]) => text.replaceAll(`$(${name})`, is),
    pair.slice(valueAt),
  );
  const named =
    hosts.get(value) ?? value.replaceAll(podAddressVariable, podAddress).replaceAll("127.0.0.1", podAddress);
  return pair.slice(0, valueAt) + named;
}
