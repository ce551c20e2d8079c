import { type Command, InvalidArgumentError } from "commander";
import type { TapFilter } from "../../mesh-proxy/observe/tap-filter.ts";
import { addTapFilter, tapFilterKeys } from "../tap/tap-filters.ts";

interface TapOptions {
  readonly admin?: string;
  readonly namespace: string;
  readonly controlUrl: string;
  readonly filter: TapFilter;
  readonly count: number;
  readonly perSecond: number;
  readonly durationMs: number;
}

export function addCommand(program: Command): void {
  program
    .command("tap [pod]")
    .description("show requests, TCP connections and UDP sessions of a pod's proxy as they end, a JSON object a line")
    .option(
      "--admin <url>",
      "the proxy's admin port, such as http://127.0.0.1:15020 of a port-forward, instead of a pod",
    )
    .option("-n, --namespace <name>", "the pod's namespace", "default")
    .option("--control-url <url>", "where `weft control` listens, to find the pod", "http://127.0.0.1:10280")
    .option(
      "--filter <key=value>",
      `all that are given must hold (repeatable): ${tapFilterKeys.join(", ")}; path is how it begins, status a code or a class such as 5xx, source and destination a pod, its workload, a Service or the client's address`,
      filter,
      {},
    )
    .option("--count <number>", "stop after so many", whole(1, 100_000), 1000)
    .option("--per-second <number>", "show at most so many a second; others are counted", whole(1, 1000), 100)
    .option("--duration-ms <number>", "stop after this long, ms", whole(1, 3_600_000), 60_000)
    .action((pod: string | undefined, options: TapOptions) => runTap(pod, options));
}

async function runTap(pod: string | undefined, options: TapOptions): Promise<void> {
  const { filter: filters, count, perSecond, durationMs, namespace, controlUrl } = options;
  const { streamTap } = await import("../tap/stream-tap.ts");
  const { podAdminUrl } = await import("../tap/find-pod.ts");
  const adminUrl = options.admin ?? (await podAdminUrl(controlUrl, namespace, pod));
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const query = {
    ...filters,
    count: String(count),
    perSecond: String(perSecond),
    durationMs: String(durationMs),
  };
  await streamTap({ adminUrl, query, signal: stopping.signal, print });
}

/** Reads no more while nobody takes what is there. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text)) resolve();
    else process.stdout.once("drain", resolve);
  });
}

function filter(text: string, before: TapFilter): TapFilter {
  const filters = addTapFilter(text, before);
  if (filters !== undefined) return filters;
  throw new InvalidArgumentError(`must be key=value, each key once, of ${tapFilterKeys.join(", ")}`);
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  };
}
