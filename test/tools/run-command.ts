/** Runs a command to its end, within a time limit, and keeps the tail of what it said. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type CommandResult =
  | { readonly kind: "succeeded"; readonly stdout: string }
  | { readonly kind: "failed"; readonly reason: string };

export type CommandOptions = {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Called for each line on stderr, for progress. */
  readonly onErrorLine?: (line: string) => void;
};

const stdoutCharactersMax = 1_000_000;
const errorLinesMax = 20;

/** Never rejects: a program that is missing, fails, is killed or runs too long is a `failed` result with its last words. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.environment ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    const errorLines: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout = (stdout + text).slice(-stdoutCharactersMax);
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      errorLines.push(line);
      if (errorLines.length > errorLinesMax) errorLines.shift();
      options.onErrorLine?.(line);
    });
    child.once("error", (error) => resolve({ kind: "failed", reason: `${command}: ${error.message}` }));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve({ kind: "succeeded", stdout });
      const end = signal === null ? `exit code ${code}` : `${signal} (limit ${options.timeoutMs} ms)`;
      resolve({ kind: "failed", reason: [`${command} ${args[0] ?? ""}: ${end}`, ...errorLines].join("\n") });
    });
  });
}
