/** Hosts of their own on one switch, as network namespaces: each has an address of either family and a default route onto the switch. */
import { findProgram, wholePath } from "./find-program.ts";
import { type ManagedProcess, startProcess } from "./managed-process.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

export interface NamespaceHost {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Runs a command there to its end. */
  run(command: string, args: readonly string[], how?: RunHow): Promise<CommandResult>;
  /** Runs a program there until it is stopped, or the network is. */
  start(command: string, args: readonly string[], how: RunHow & { readonly logPath: string }): ManagedProcess;
}

export interface RunHow {
  /** Of the user whose program it is; root unless given. */
  readonly uid?: number;
  readonly timeoutMs?: number;
}

export interface NamespaceNetwork {
  readonly hosts: readonly NamespaceHost[];
  stop(): Promise<void>;
}

let networkCount = 0;

/** Why there can be no such network here; undefined where there can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const program of ["ip", "setpriv"])
    if (findProgram(program) === undefined) return `there is no program ${program}`;
  const name = `weft-${process.pid}-probe`;
  const added = await ip("netns", "add", name);
  if (added.kind === "failed") return added.reason;
  await ip("netns", "delete", name);
  return undefined;
}

/** @throws Error when something cannot be set up */
export async function startNamespaceNetwork(hostCount: number): Promise<NamespaceNetwork> {
  const prefix = `weft-${process.pid}-${networkCount++}`;
  const bridge = `${prefix}-switch`;
  const made: string[] = [];
  const running: ManagedProcess[] = [];
  const stop = async () => {
    await Promise.all(running.map((program) => program.stop()));
    for (const name of made.reverse()) await ip("netns", "delete", name);
  };
  const add = async (name: string) => {
    await must("netns", "add", name);
    made.push(name);
    await must("-n", name, "link", "set", "lo", "up");
  };
  try {
    await add(bridge);
    await must("-n", bridge, "link", "add", "br0", "type", "bridge");
    await must("-n", bridge, "link", "set", "br0", "up");
    const hosts: NamespaceHost[] = [];
    for (let number = 1; number <= hostCount; number++) {
      const name = `${prefix}-${number}`;
      await add(name);
      hosts.push(await plugIn({ name, bridge, number }, running));
    }
    return { hosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Plug {
  readonly name: string;
  readonly bridge: string;
  readonly number: number;
}

async function plugIn({ name, bridge, number }: Plug, running: ManagedProcess[]): Promise<NamespaceHost> {
  const [ipv4, ipv6] = [`10.99.0.${number}`, `fd99::${number}`];
  await must("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", `port${number}`, "netns", bridge);
  await must("-n", bridge, "link", "set", `port${number}`, "master", "br0", "up");
  await must("-n", name, "address", "add", `${ipv4}/24`, "dev", "eth0");
  // Without looking for another host of that address, which takes a second.
  await must("-n", name, "address", "add", `${ipv6}/64`, "dev", "eth0", "nodad");
  await must("-n", name, "link", "set", "eth0", "up");
  await must("-n", name, "route", "add", "default", "dev", "eth0");
  await must("-n", name, "-6", "route", "add", "default", "dev", "eth0");
  const inside = (command: string, args: readonly string[], uid: number) => [
    ...["netns", "exec", name, "setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"],
    // A change of user takes the signal away that the process was started with.
    ...["--pdeathsig", "KILL", command, ...args],
  ];
  return {
    name,
    ipv4,
    ipv6,
    run: (command, args, { uid = 0, timeoutMs = 20_000 } = {}) =>
      runCommand(programIp(), inside(command, args, uid), { timeoutMs, environment: wholePath() }),
    start: (command, args, { uid = 0, logPath }) => {
      const programArgs = inside(command, args, uid);
      const environment = wholePath();
      const program = startProcess({ name: command, path: programIp(), args: programArgs, logPath, environment });
      running.push(program);
      return program;
    },
  };
}

async function must(...args: readonly string[]): Promise<void> {
  const result = await ip(...args);
  if (result.kind === "failed") throw new Error(result.reason);
}

function ip(...args: readonly string[]): Promise<CommandResult> {
  return runCommand(programIp(), args, { timeoutMs: 20_000 });
}

function programIp(): string {
  return findProgram("ip") ?? "ip";
}
