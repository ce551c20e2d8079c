/** A program of the benchmark that is asked and answers, one question at a time; it ends with whoever started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface BenchProgram {
  readonly pid: number;
  ask<Answer>(question: object): Promise<Answer>;
  /** SIGKILL: no time for last words. */
  kill(): Promise<void>;
}

export interface ProgramSpec {
  /** In this folder. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Whose network namespace it runs in; this process's own unless told. */
  readonly networkOf?: number | undefined;
  /** Whether it says when it is ready. */
  readonly saysReady?: boolean;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** @throws Error when it ends before it is ready */
export async function startProgram({
  file,
  args = [],
  networkOf,
  saysReady = false,
}: ProgramSpec): Promise<BenchProgram> {
  const script = path.join(import.meta.dirname, file);
  const there = networkOf === undefined ? [] : ["nsenter", "--target", String(networkOf), "--net"];
  const [command = process.execPath, ...rest] = [...there, process.execPath, script, ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
  running.add(child);
  child.once("exit", () => running.delete(child));
  if (saysReady) await answerOf(child, file);
  return {
    pid: child.pid ?? 0,
    ask: async <Answer>(question: object) => {
      child.send(question);
      return (await answerOf(child, file)) as Answer;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess, file: string): Promise<unknown> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    const [answer] = await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(([code, killedBy]) => {
        throw new Error(`${file} ended: ${killedBy ?? `exit code ${code}`}`);
      }),
    ]);
    return answer;
  } finally {
    stop.abort();
  }
}
