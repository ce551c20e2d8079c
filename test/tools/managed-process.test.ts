import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ManagedProcess, startProcess } from "./managed-process.ts";
import { runCommand } from "./run-command.ts";
import { waitUntil } from "./wait-until.ts";

let folder: string;
let started: ManagedProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weft-managed-process-"));
});

afterEach(async () => {
  await started?.stop(0);
  rmSync(folder, { recursive: true, force: true });
});

const forever = "setInterval(() => {}, 1000); console.log('up');";

it("stops a program that obeys SIGTERM", async () => {
  const running = await startScript(forever);
  expect(running.ended()).toBeUndefined();
  await running.stop();
  expect(running.ended()).toContain("SIGTERM");
  expect(isAlive(running.pid)).toBe(false);
});

it("kills a program that ignores SIGTERM", async () => {
  const running = await startScript(`process.on('SIGTERM', () => {}); ${forever}`);
  await running.stop(50);
  expect(running.ended()).toContain("SIGKILL");
});

it("says how a program ended, with the end of its log", async () => {
  const failing = await startScript("console.log('up'); console.error('port in use'); process.exitCode = 4");
  const reason = await waitUntil(() => failing.ended(), { what: "the program ended", timeoutMs: 10_000 });
  expect(reason).toContain("exit code 4");
  expect(reason).toContain("port in use");
});

/** Kills itself, without running its exit handlers, as soon as the program it started is up. */
const starterSource = `
import { startProcess } from MODULE;
const child = startProcess(SPEC);
setInterval(() => {
  if (!child.logTail().includes("up")) return;
  process.stdout.write(String(child.pid), () => process.kill(process.pid, "SIGKILL"));
}, 5);`;

it.runIf(process.platform === "linux")(
  "ends the program with the process that started it, even when that is killed",
  async () => {
    const starter = join(folder, "starter.ts");
    const module = join(import.meta.dirname, "managed-process.ts");
    const spec = { name: "child", path: process.execPath, args: ["-e", forever], logPath: join(folder, "child.log") };
    writeFileSync(
      starter,
      starterSource.replace("MODULE", JSON.stringify(module)).replace("SPEC", JSON.stringify(spec)),
    );
    const result = await runCommand("sh", ["-c", `"${process.execPath}" "${starter}" || true`], { timeoutMs: 30_000 });
    const pid = result.kind === "succeeded" ? Number.parseInt(result.stdout, 10) : Number.NaN;
    expect(pid).toBeGreaterThan(1);
    await waitUntil(() => !isAlive(pid), { what: "the child is gone", timeoutMs: 10_000 });
  },
);

async function startScript(script: string): Promise<ManagedProcess> {
  const logPath = join(folder, "script.log");
  const running = startProcess({ name: "script", path: process.execPath, args: ["-e", script], logPath });
  started = running;
  await waitUntil(() => running.logTail().includes("up"), { what: "the script is up", timeoutMs: 10_000 });
  return running;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
