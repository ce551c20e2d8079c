/** Runs the `weft` command to its end, not synchronously: what it asks may live in the calling process. */
import { spawn } from "node:child_process";

export interface EndedWeft {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runWeft(...args: readonly string[]): Promise<EndedWeft> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cli/weft.ts", ...args]);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject).once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
