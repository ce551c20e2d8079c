import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

const node = process.execPath;
const timeoutMs = 30_000;

it("answers what a successful command wrote to stdout", async () => {
  const result = await runCommand(node, ["-e", "process.stdout.write('done')"], { timeoutMs });
  expect(result).toEqual({ kind: "succeeded", stdout: "done" });
});

it("answers the exit code and the last words of a command that fails", async () => {
  const result = await runCommand(node, ["-e", "process.stderr.write('disk full'); process.exitCode = 3"], {
    timeoutMs,
  });
  expect(result).toEqual({ kind: "failed", reason: `${node} -e: exit code 3\ndisk full` });
});

it("keeps only the last twenty lines of what a failing command said", async () => {
  const script = "for (let i = 0; i < 50; i++) process.stderr.write('line ' + i + '\\n'); process.exitCode = 1";
  const result = await runCommand(node, ["-e", script], { timeoutMs });
  expect(result.kind === "failed" && result.reason.split("\n").slice(1, 2)).toEqual(["line 30"]);
});

it("kills a command at its time limit", async () => {
  const result = await runCommand(node, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 50 });
  expect(result).toEqual({ kind: "failed", reason: `${node} -e: SIGKILL (limit 50 ms)` });
});

it("answers a failure for a program that does not exist", async () => {
  const result = await runCommand("/nowhere/program", [], { timeoutMs });
  expect(result).toMatchObject({ kind: "failed", reason: expect.stringContaining("ENOENT") });
});
