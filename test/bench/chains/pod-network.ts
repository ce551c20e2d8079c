/** Pods on a bridge, each in a network namespace of its own, whose link can be cut. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

export interface PodNetwork {
  /** Gives this process an address on the bridge. */
  takeAddress(address: string): void;
  /** Makes a namespace with this address. */
  attach(address: string): Promise<PodLink>;
  close(): void;
}

export interface PodLink {
  /** Of a process that lives in the namespace. */
  readonly pid: number;
  /** At the pod's end: nothing there answers any more, and nobody is told. */
  cut(): void;
  mend(): void;
}

const bridge = "weft-bridge";
const prefixLength = 16;

/** @throws Error when the machine does not allow it */
export function openPodNetwork(): PodNetwork {
  const holders: ChildProcess[] = [];
  ip("link", "add", bridge, "type", "bridge");
  ip("link", "set", bridge, "up");
  return {
    takeAddress: (address) => ip("address", "add", `${address}/${prefixLength}`, "dev", bridge),
    async attach(address) {
      const number = holders.length;
      const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
      holders.push(holder);
      await once(holder, "spawn");
      const pid = holder.pid ?? 0;
      await inOwnNamespace(pid);
      const [outer, inner] = [outerName(number), `weft-b${number}`];
      const inside = (...args: string[]) => run("nsenter", ["--target", String(pid), "--net", "ip", ...args]);
      ip("link", "add", outer, "type", "veth", "peer", "name", inner);
      ip("link", "set", inner, "netns", String(pid));
      ip("link", "set", outer, "master", bridge, "up");
      inside("link", "set", "lo", "up");
      inside("address", "add", `${address}/${prefixLength}`, "dev", inner);
      inside("link", "set", inner, "up");
      return {
        pid,
        cut: () => inside("link", "set", inner, "down"),
        mend: () => inside("link", "set", inner, "up"),
      };
    },
    close() {
      // A namespace is taken down some time after its last process: its link would be there still.
      for (const number of holders.keys()) ip("link", "delete", outerName(number));
      for (const holder of holders) holder.kill("SIGKILL");
      ip("link", "delete", bridge);
    },
  };
}

const outerName = (number: number) => `weft-a${number}`;

/** `unshare` is on its way until it has become the program that it starts. */
async function inOwnNamespace(pid: number): Promise<void> {
  for (;;) {
    const { stdout } = spawnSync("readlink", [`/proc/${pid}/ns/net`, "/proc/self/ns/net"], { encoding: "utf8" });
    const [theirs, ours] = stdout.split("\n");
    if (theirs !== ours) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function ip(...args: string[]): void {
  run("ip", args);
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
