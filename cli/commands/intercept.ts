import { lookup } from "node:dns/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseIpAddress } from "../../core/model/ip-address.ts";
import {
  interceptInboundPort,
  interceptOutboundPort,
  meshPort,
  proxyAdminPort,
  proxyUserId,
} from "../../core/model/mesh-snapshot.ts";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import {
  type Capture,
  type DatagramCapture,
  type Interception,
  renderRemoval,
  renderRuleset,
  type Selection,
} from "../../mesh-proxy/intercept/nft-ruleset.ts";
import {
  type DatagramOrder,
  listMax,
  type Read,
  readCidrs,
  readDatagrams,
  readIds,
  readPort,
  readPorts,
} from "../../mesh-proxy/intercept/parse-interception.ts";
import { applyRuleset } from "../../platform/nft/apply-ruleset.ts";

type Side = "Outbound" | "Inbound";
type Choice = "include" | "exclude";

type InterceptOptions = Readonly<Partial<Record<`${Choice}${Side}Ports`, Selection["ports"]>>> &
  Readonly<Partial<Record<`${Choice}${Side}Cidrs`, Selection["cidrs"]>>> & {
    readonly outbound: boolean;
    readonly inbound: boolean;
    readonly outboundPort: number;
    readonly inboundPort: number;
    readonly meshPort: number;
    readonly adminPort: number;
    readonly proxyUid: readonly number[];
    readonly proxyGid?: readonly number[];
    readonly udp?: readonly DatagramOrder[];
    readonly udpFamily: "4" | "6";
    readonly dryRun?: boolean;
    readonly remove?: boolean;
  };

export function addCommand(program: Command): void {
  const command = program
    .command("intercept")
    .description(
      "redirect a pod's TCP to its proxy: run once inside the pod's network namespace, with CAP_NET_ADMIN; applied again it replaces what it did before",
    )
    .option("--dry-run", "print the rules for `nft -f`, and change nothing")
    .option("--remove", "take the rules away; connections that they redirected are lost")
    .option("--no-outbound", "leave alone what the pod dials")
    .option("--no-inbound", "leave alone what is dialled at the pod")
    .option("--outbound-port <port>", "the proxy's interceptOutboundPort", by(readPort), interceptOutboundPort)
    .option("--inbound-port <port>", "the proxy's interceptInboundPort", by(readPort), interceptInboundPort)
    .option("--mesh-port <port>", "the proxies' meshPort, never redirected", by(readPort), meshPort)
    .option("--admin-port <port>", "the proxies' adminPort, never redirected", by(readPort), proxyAdminPort)
    .addOption(
      new Option("--proxy-uid <ids>", "users whose connections are left alone: the proxy's")
        .argParser(by(readIds))
        .default([proxyUserId], String(proxyUserId)),
    )
    .option("--proxy-gid <ids>", "groups whose connections are left alone", by(readIds));
  addSide(command, "outbound", "the pod dials", "to");
  addSide(command, "inbound", "is dialled at the pod", "from");
  command
    .option(
      "--udp <host:port=listenPort>",
      "bring datagrams for a Service, by name as of now or by address, to the pod's listener for that upstream (repeatable)",
      appendDatagrams,
    )
    .addOption(
      new Option("--udp-family <family>", "of the addresses that --udp takes: that of the proxy's upstreamHost")
        .choices(["4", "6"])
        .default("4"),
    )
    .action(run);
}

function addSide(command: Command, side: "outbound" | "inbound", what: string, other: "to" | "from"): void {
  command
    .option(`--include-${side}-ports <list>`, `of what ${what}, only these ports (8080,9000-9100)`, by(readPorts))
    .option(`--exclude-${side}-ports <list>`, "not these, even if included", by(readPorts))
    .option(`--include-${side}-cidrs <list>`, `only ${other} these blocks (10.0.0.0/8,fd00::/8)`, by(readCidrs))
    .option(`--exclude-${side}-cidrs <list>`, "not these, even if included", by(readCidrs));
}

async function run(options: InterceptOptions): Promise<void> {
  const ruleset = options.remove === true ? renderRemoval() : renderRuleset(await interceptionOf(options));
  if (options.dryRun === true) process.stdout.write(ruleset);
  else await applyRuleset(ruleset);
}

async function interceptionOf(options: InterceptOptions): Promise<Interception> {
  const { outbound, inbound, proxyUid, proxyGid = [], udp = [] } = options;
  if (!outbound && !inbound && udp.length === 0)
    throw new WeftError("config-invalid", "--no-outbound and --no-inbound leave nothing to redirect");
  // The proxy's own connections would come back to it, and go out again.
  if (outbound && proxyUid.length === 0 && proxyGid.length === 0)
    throw new WeftError("config-invalid", "--proxy-uid and --proxy-gid name nobody: the proxy must be left alone");
  const ownPorts = new Set([options.meshPort, options.adminPort, options.outboundPort, options.inboundPort]);
  return {
    proxyUids: proxyUid,
    proxyGids: proxyGid,
    proxyPorts: [...ownPorts].sort((a, b) => a - b),
    outbound: outbound ? captureOf(options, "Outbound", options.outboundPort) : undefined,
    inbound: inbound ? captureOf(options, "Inbound", options.inboundPort) : undefined,
    datagrams: (await Promise.all(udp.map((order) => datagramsOf(order, options.udpFamily)))).flat(),
  };
}

function captureOf(options: InterceptOptions, side: Side, toPort: number): Capture {
  const selected = (choice: Choice): Selection => ({
    ports: options[`${choice}${side}Ports`] ?? [],
    cidrs: options[`${choice}${side}Cidrs`] ?? [],
  });
  return { toPort, included: selected("include"), excluded: selected("exclude") };
}

function by<T>(read: (text: string) => Read<T>): (text: string) => T {
  return (text) => {
    const result = read(text);
    if (result.kind === "wrong") throw new InvalidArgumentError(result.reason);
    return result.value;
  };
}

/** A name stands for all that it resolves to now. */
async function datagramsOf(
  { host, port, toPort }: DatagramOrder,
  family: "4" | "6",
): Promise<readonly DatagramCapture[]> {
  const found = await lookup(host, { all: true, family: Number(family) }).catch((error: unknown) => {
    throw new WeftError("upstream-failed", `--udp ${host}: ${messageOf(error)}`, { cause: error });
  });
  const addresses = found.flatMap(({ address }) => parseIpAddress(address) ?? []);
  const ofFamily = addresses.filter(({ length }) => length === (family === "4" ? 4 : 16));
  // Nobody would listen where the kernel redirects the others to.
  if (ofFamily.length === 0) throw new WeftError("config-invalid", `--udp ${host}: is no address of IPv${family}`);
  return ofFamily.map((address) => ({ address, port, toPort }));
}

function appendDatagrams(text: string, before: readonly DatagramOrder[] = []): readonly DatagramOrder[] {
  if (before.length >= listMax) throw new InvalidArgumentError(`is given more than ${listMax} times`);
  return [...before, by(readDatagrams)(text)];
}
