/** The `weft` command as a process of its own, as a container runs it. */
import { spawn } from "node:child_process";
import path from "node:path";
import { findFreePort } from "../../tools/free-port.ts";
import { type ManagedProcess, startProcess } from "../../tools/managed-process.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import type { ControlPlaneConnection } from "../control-plane.ts";

const command = path.join(import.meta.dirname, "../../../cli/weft.ts");
const timeoutMs = 30_000;

export interface WeftProcess {
  readonly url: string;
  readonly pid: number;
  /** SIGTERM; answers how it ended. */
  terminate(): Promise<string | undefined>;
  stop(): Promise<void>;
}

export interface WeftProcessOptions {
  /** A free one unless told. */
  readonly port?: number | undefined;
  /** Node's own, such as `--cpu-prof`. */
  readonly nodeArguments?: readonly string[];
}

/** Resolves when `/readyz` answers 200. */
export async function startWeft(
  { paths }: ControlPlaneConnection,
  name: string,
  args: readonly string[] = [],
  { port: givenPort, nodeArguments = [] }: WeftProcessOptions = {},
): Promise<WeftProcess> {
  const port = givenPort ?? (await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const settings = ["--set", "host=127.0.0.1", "--set", `port=${port}`];
  const all = [...nodeArguments, command, name, "--kubeconfig", paths.adminKubeconfig, ...settings, ...args];
  const logPath = path.join(paths.folder, `weft-${name}.log`);
  const running: ManagedProcess = startProcess({ name: `weft ${name}`, path: process.execPath, args: all, logPath });
  const wait = { timeoutMs, giveUp: running.ended };
  try {
    await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, { what: `weft ${name} is ready`, ...wait });
  } catch (error) {
    await running.stop(0);
    throw error;
  }
  return {
    url,
    pid: running.pid,
    async terminate() {
      await running.stop(timeoutMs);
      return running.ended();
    },
    stop: () => running.stop(0),
  };
}

export interface WeftEnd {
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs a command that is expected to end by itself. */
export function runWeft(...args: readonly string[]): Promise<WeftEnd> {
  return new Promise((resolve, reject) => {
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const child = spawn(process.execPath, [command, ...args], { stdio: [...stdio], timeout: timeoutMs });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-10_000);
    });
    child.once("error", reject).once("close", (exitCode) => resolve({ exitCode, stderr }));
  });
}
