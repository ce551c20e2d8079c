import { type Command, InvalidArgumentError } from "commander";
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from "../chain/socket-address.ts";

interface PingOptions {
  readonly namespace: string;
  readonly controlUrl: string;
  readonly proxyUrl?: string;
  readonly from?: string;
  readonly source?: SocketAddress;
  readonly count: number;
  readonly timeoutMs: number;
  readonly functions?: boolean;
  readonly json?: boolean;
}

interface TraceOptions {
  readonly namespace: string;
  readonly controlUrl: string;
  readonly proxyUrl: readonly string[];
  readonly source?: SocketAddress;
  readonly limit: number;
  readonly json?: boolean;
}

const COUNT_MAX = 1000;
const FLOWS_MAX = 1000;
const TIMEOUT_MS_MAX = 30_000;
/** sysexits.h, as for everything that is not there now. */
const EXIT_UNAVAILABLE = 69;

export function addCommand(program: Command): void {
  const command = program.command("chain").description("look at a service function chain as its traffic sees it");
  withControlOptions(command.command("ping <chain>"))
    .description("send marked probes along the chain's path through its proxies, and print each hop's time")
    .option("--proxy-url <url>", "the proxy's admin port, such as of a port-forward, instead of finding it")
    .option("--from <pod>", "the pod whose traffic's path is taken; any pod whose traffic the chain takes unless given")
    .option(
      "--source <address:port>",
      "the client of the flow whose instances are asked; any flow unless given",
      source,
    )
    .option("--count <number>", "probes, one after the other", whole(1, COUNT_MAX), 3)
    .option("--timeout-ms <number>", "how long to wait for the hops of one probe, ms", whole(1, TIMEOUT_MS_MAX), 5000)
    .option("--functions", "ask the functions and the application, too: they get a connection, functions a few bytes")
    .option("--json", "all answers as one object, for programs")
    .action((chain: string, options: PingOptions) => runPing(chain, options));
  withControlOptions(command.command("trace <chain>"))
    .description("show which instances the chain's live flows take, as their proxies say")
    .option("--proxy-url <url>", "a proxy's admin port, instead of finding all of them (repeatable)", append, [])
    .option("--source <address:port>", "the client of one flow; all flows unless given", source)
    .option("--limit <number>", "flows that are shown, oldest first", whole(1, FLOWS_MAX), 50)
    .option("--json", "the whole answer, for programs")
    .action((chain: string, options: TraceOptions) => runTrace(chain, options));
}

function withControlOptions(command: Command): Command {
  return command
    .option("-n, --namespace <name>", "the chain's namespace", "default")
    .option("--control-url <url>", "where `weft control` listens, to find the proxies", "http://127.0.0.1:10280");
}

async function runPing(chain: string, options: PingOptions): Promise<void> {
  const { namespace, functions = false, json = false, ...order } = options;
  const { ping } = await import("../chain/ping.ts");
  const { classifierUrl } = await import("../chain/find-proxies.ts");
  const { probeLines, summaryLine } = await import("../../mesh-proxy/probe/ping-lines.ts");
  const { proxyUrl = await classifierUrl(options.controlUrl, { namespace, chain }, options.from) } = options;
  const answers = [];
  const { count, timeoutMs } = order;
  for await (const answer of ping({
    chain,
    proxyUrl,
    count,
    timeoutMs,
    source: order.source,
    asksFunctions: functions,
  })) {
    answers.push(answer);
    if (!json) process.stdout.write(`${probeLines(answer, answers.length).join("\n")}\n`);
  }
  const text = json
    ? JSON.stringify({ namespace, chain, probes: answers }, undefined, 2)
    : summaryLine(`${namespace}/${chain}`, answers);
  process.stdout.write(`${text}\n`);
  if (answers.some(({ isWhole }) => !isWhole)) process.exitCode = EXIT_UNAVAILABLE;
}

async function runTrace(chain: string, options: TraceOptions): Promise<void> {
  const { namespace, controlUrl, proxyUrl, limit, json = false } = options;
  const { askFlows } = await import("../chain/ask-flows.ts");
  const { traceFlows } = await import("../chain/trace-flows.ts");
  const { traceLines } = await import("../chain/trace-lines.ts");
  const { proxyUrls } = await import("../chain/find-proxies.ts");
  const urls = proxyUrl.length > 0 ? proxyUrl : await proxyUrls(controlUrl, { namespace, chain });
  const source = options.source && formatSocketAddress(options.source);
  const traced = traceFlows(await askFlows({ chain, proxyUrls: urls, source }), limit);
  const text = json ? JSON.stringify({ namespace, chain, ...traced }, undefined, 2) : traceLines(traced).join("\n");
  process.stdout.write(`${text}\n`);
  if (traced.silent.length > 0) process.exitCode = EXIT_UNAVAILABLE;
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function source(text: string): SocketAddress {
  const parsed = parseSocketAddress(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError("must be an address and a port, such as 10.0.0.5:40000 or [fd00::5]:40000");
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  };
}
