/** Makes a program of a Debian package available to a test, or says why it is not. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findProgram, isExecutable } from "./find-program.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { userCacheFolder } from "./user-cache.ts";

export type ProgramAvailability =
  | { readonly kind: "available"; readonly path: string }
  | { readonly kind: "unavailable"; readonly reason: string };

export type DebianProgram = {
  /** The package's name, such as `etcd-server`. */
  readonly package: string;
  /** The program's file name, such as `etcd`. */
  readonly program: string;
  /**
   * `unpack` takes the program out of the package into the user's cache folder: for self-contained (Go) programs, needs no
   * root. `install` has apt install it with its libraries: needs root.
   */
  readonly how: "unpack" | "install";
};

const aptTimeoutMs = 300_000;
const aptOptions = ["-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"];
const programFolders = ["usr/bin", "usr/sbin", "bin", "sbin"];

/** Looks on PATH first, then asks apt; package lists are refreshed once when apt does not know the package. Never rejects. */
export async function debianProgram(wanted: DebianProgram): Promise<ProgramAvailability> {
  const path = findProgram(wanted.program) ?? (wanted.how === "unpack" ? findUnpacked(wanted) : undefined);
  if (path !== undefined) return { kind: "available", path };
  if (findProgram("apt-get") === undefined)
    return unavailable(wanted, "it is not on PATH, and there is no apt-get to fetch it with");
  return wanted.how === "unpack" ? unpack(wanted) : install(wanted);
}

async function install(wanted: DebianProgram): Promise<ProgramAvailability> {
  if (process.getuid?.() !== 0)
    return unavailable(wanted, `it is not on PATH, and only root may apt-get install ${wanted.package}`);
  const args = ["install", "-y", "--no-install-recommends", wanted.package];
  const result = await aptGetWithFreshLists(args, process.cwd());
  if (result.kind === "failed") return unavailable(wanted, result.reason);
  return found(wanted, findProgram(wanted.program));
}

async function unpack(wanted: DebianProgram): Promise<ProgramAvailability> {
  const cache = join(userCacheFolder(), "debian");
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, `${wanted.package}.unpacking-`));
  try {
    const download = await aptGetWithFreshLists(["download", wanted.package], staging);
    if (download.kind === "failed") return unavailable(wanted, download.reason);
    const archive = readdirSync(staging).find((file) => file.endsWith(".deb"));
    if (archive === undefined) return unavailable(wanted, `apt-get download ${wanted.package} left no .deb file`);
    const result = await runCommand("dpkg-deb", ["-x", join(staging, archive), join(staging, "root")], {
      timeoutMs: aptTimeoutMs,
    });
    if (result.kind === "failed") return unavailable(wanted, result.reason);
    publish(join(staging, "root"), unpackedFolder(wanted));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return found(wanted, findUnpacked(wanted));
}

/** Another process may have published the same package first; its copy is as good. */
function publish(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

async function aptGetWithFreshLists(args: readonly string[], cwd: string): Promise<CommandResult> {
  const first = await aptGet(args, cwd);
  if (first.kind === "succeeded" || process.getuid?.() !== 0) return first;
  const update = await aptGet(["update"], cwd);
  return update.kind === "failed" ? update : aptGet(args, cwd);
}

function aptGet(args: readonly string[], cwd: string): Promise<CommandResult> {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return runCommand("apt-get", [...args, ...aptOptions], { timeoutMs: aptTimeoutMs, cwd, environment });
}

function unpackedFolder(wanted: DebianProgram): string {
  return join(userCacheFolder(), "debian", wanted.package);
}

function findUnpacked(wanted: DebianProgram): string | undefined {
  return programFolders.map((folder) => join(unpackedFolder(wanted), folder, wanted.program)).find(isExecutable);
}

function found(wanted: DebianProgram, path: string | undefined): ProgramAvailability {
  if (path !== undefined) return { kind: "available", path };
  return unavailable(wanted, `the package ${wanted.package} holds no program of that name`);
}

function unavailable(wanted: DebianProgram, reason: string): ProgramAvailability {
  return { kind: "unavailable", reason: `${wanted.program} (Debian package ${wanted.package}): ${reason}` };
}
