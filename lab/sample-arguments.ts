/** What a container's arguments mean in the lab: which sample to start, and its settings with the pod's own addresses filled in. */
import { WeftError } from "../core/model/weft-error.ts";

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

/**
 * Reads `["sample", NAME, "--set", "key=value", ...]`. `$(POD_IP)` becomes the pod's address, and so does 127.0.0.1: the lab's pods
 * share one loopback interface, on which each has its own address.
 * @throws WeftError manifest-invalid naming the argument.
 */
export function sampleArguments(args: readonly string[], { podAddress, hosts }: PodNetwork): SampleArguments {
  const [command, sample, ...rest] = args;
  if (command !== "sample" || sample === undefined)
    throw new WeftError("manifest-invalid", `args: the lab runs ["sample", NAME, ...], not ${JSON.stringify(args)}`);
  const set = rest.filter((_, index) => index % 2 === 1);
  const wrong =
    rest.find((word, index) => index % 2 === 0 && word !== "--set") ?? (rest.length % 2 ? rest.at(-1) : undefined);
  if (wrong !== undefined) throw new WeftError("manifest-invalid", `args: expected --set key=value, found ${wrong}`);
  return { sample, set: set.map((pair) => resolveHost(pair, hosts).replace(/\$\(POD_IP\)|127\.0\.0\.1/g, podAddress)) };
}

function resolveHost(pair: string, hosts: ReadonlyMap<string, string>): string {
  const split = pair.indexOf("=") + 1;
  return pair.slice(0, split) + (hosts.get(pair.slice(split)) ?? pair.slice(split));
}
