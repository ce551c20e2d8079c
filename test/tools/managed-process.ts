/** A long-running program that a test starts and that never outlives the process which started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { findProgram } from "./find-program.ts";

export type ManagedProcess = {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** Why it is no longer running, with the end of its log; undefined while it runs. */
  ended(): string | undefined;
  /** The end of its log. */
  logTail(): string;
  /** SIGTERM, then SIGKILL after `graceMs` (default 3,000; 0 kills at once). Resolves when the process is gone. Idempotent. */
  stop(graceMs?: number): Promise<void>;
};

export type ProcessSpec = {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Receives stdout and stderr, appended. */
  readonly logPath: string;
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
};

const logTailLines = 30;
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Throws when the program cannot be executed at all; a program that starts and fails later says so in `ended()`. */
export function startProcess(spec: ProcessSpec): ManagedProcess {
  const child = spawnLogged(spec);
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => finish(error.message));
    child.once("exit", (code, signal) => finish(signal === null ? `exit code ${code}` : `${signal}`));
    function finish(reason: string): void {
      end ??= reason;
      running.delete(child);
      resolve();
    }
  });
  if (child.pid === undefined) throw new Error(`${spec.name}: cannot execute ${spec.path}`);
  running.add(child);
  const logTail = () => readTail(spec.logPath);
  return {
    name: spec.name,
    pid: child.pid,
    logPath: spec.logPath,
    logTail,
    ended: () => (end === undefined ? undefined : `${spec.name} ended (${end}); end of ${spec.logPath}:\n${logTail()}`),
    stop: async (graceMs = 3000) => {
      if (end !== undefined) return;
      child.kill(graceMs === 0 ? "SIGKILL" : "SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** `setpriv` has the kernel end the program even when its starter is killed without a chance to run its exit handlers. */
function spawnLogged(spec: ProcessSpec): ChildProcess {
  const setpriv = process.platform === "linux" ? findProgram("setpriv") : undefined;
  const [command, ...args] =
    setpriv === undefined ? [spec.path, ...spec.args] : [setpriv, "--pdeathsig", "KILL", spec.path, ...spec.args];
  const log = openSync(spec.logPath, "a");
  try {
    return spawn(command ?? spec.path, args, {
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      env: spec.environment ?? process.env,
      stdio: ["ignore", log, log],
    });
  } finally {
    closeSync(log);
  }
}

function readTail(path: string): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-logTailLines).join("\n");
  } catch (error) {
    return `(no log: ${(error as Error).message})`;
  }
}
