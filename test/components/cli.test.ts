import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "weft-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

function weft(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/weft.ts", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("--help lists every command with what it does", () => {
  const { status, stdout } = weft("--help");
  expect(status).toBe(0);
  for (const command of ["lab", "scheduler", "explain", "sfc", "control", "proxy", "split", "plan", "sample"])
    expect(stdout).toMatch(new RegExp(`^  ${command} .*\\w`, "m"));
});

const refused = [
  { name: "an unknown command", args: ["schedular"], status: 64, message: /unknown command 'schedular'/ },
  { name: "an unknown option", args: ["proxy", "--prot", "1"], status: 64, message: /unknown option '--prot'/ },
  { name: "an unknown key", args: ["control", "--set", "prot=1"], status: 64, message: /"prot"/ },
  { name: "a value out of range", args: ["scheduler", "--set", "port=70000"], status: 64, message: /port: .*65535/ },
  { name: "a missing key", args: ["proxy"], status: 64, message: /namespace: / },
  { name: "an unknown sample", args: ["sample", "mme"], status: 64, message: /mme/ },
  { name: "a kubeconfig that is not there", args: ["sfc", "--kubeconfig", "/none"], status: 64, message: /\/none/ },
  {
    name: "a scheduler's URL that is none",
    args: ["explain", "pod", "amf-0", "--scheduler-url", "nowhere"],
    status: 64,
    message: /--scheduler-url: "nowhere"/,
  },
  {
    name: "a scheduler that does not answer",
    args: ["explain", "pod", "amf-0", "--scheduler-url", "http://127.0.0.1:1"],
    status: 69,
    message: /http:\/\/127\.0\.0\.1:1 does not answer/,
  },
  {
    name: "a network that is not there",
    args: ["split", "--network", "/none", "--out", "/none"],
    status: 64,
    message: /\/none/,
  },
  {
    name: "a scenario that is not there",
    args: ["plan", "--scenario", "/none", "--json"],
    status: 64,
    message: /\/none/,
  },
  {
    name: "a plan without a place to go",
    args: ["plan", "--scenario", "test/data/social-network-9x4.json"],
    status: 64,
    message: /--out <file>, --json or both/,
  },
  {
    name: "a number that is none",
    args: ["plan", "--scenario", "/none", "--json", "--seconds", "soon"],
    status: 64,
    message: /must be a number/,
  },
];

test.each(refused)("$name ends with exit code $status and says why", ({ args, status, message }) => {
  const result = weft(...args);
  expect(result.stderr).toMatch(message);
  expect(result.status).toBe(status);
});

test("an installed package runs, although Node strips no types below node_modules", () => {
  const modules = path.join(folder, "node_modules");
  const installed = path.join(modules, "weft");
  mkdirSync(installed, { recursive: true });
  for (const part of ["cli", "core", "lab", "mesh-proxy", "platform", "package.json"])
    cpSync(part, path.join(installed, part), { recursive: true });
  for (const name of readdirSync("node_modules").filter((entry) => !entry.startsWith(".")))
    symlinkSync(path.resolve("node_modules", name), path.join(modules, name));
  // As npm's bin link starts it, and under whatever Node the machine has.
  const { status, stdout, stderr } = spawnSync(path.join(installed, "cli/weft.js"), ["proxy", "--help"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^Usage: weft proxy/);
  expect(status).toBe(0);
});
