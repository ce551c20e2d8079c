/** Builds Kubernetes' control plane programs with Go, once per version and machine. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { findProgram } from "../tools/find-program.ts";
import { type CommandResult, runCommand } from "../tools/run-command.ts";
import { binariesModuleFolder } from "./kubernetes-version.ts";

export const builtPrograms = ["kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubectl"] as const;

export type BuildResult = { readonly kind: "built" } | { readonly kind: "failed"; readonly reason: string };

const buildTimeoutMs = 60 * 60_000;
const progressEveryMs = 30_000;

/** Fills `folder` with the programs, all or none. `log` receives a line of progress now and then. */
export async function buildBinaries(
  folder: string,
  version: string,
  log: (line: string) => void,
): Promise<BuildResult> {
  const go = findProgram("go", { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/local/go/bin` });
  if (go === undefined)
    return { kind: "failed", reason: "building Kubernetes needs Go 1.26 or later, and there is no `go`" };
  mkdirSync(dirname(folder), { recursive: true });
  const staging = mkdtempSync(`${folder}.building-`);
  try {
    const result = await runGoBuild(go, staging, version, log);
    if (result.kind === "failed") return { kind: "failed", reason: `building Kubernetes ${version}: ${result.reason}` };
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
    return { kind: "built" };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function runGoBuild(
  go: string,
  output: string,
  version: string,
  log: (line: string) => void,
): Promise<CommandResult> {
  const startMs = performance.now();
  let packages = 0;
  const minutes = () => ((performance.now() - startMs) / 60_000).toFixed(1);
  const progress = () => log(`building Kubernetes ${version}: ${packages} packages after ${minutes()} minutes`);
  log(`building Kubernetes ${version} from source into the cache; 5 to 15 minutes on two cores, once`);
  const timer = setInterval(progress, progressEveryMs);
  try {
    return await runCommand(go, buildArguments(output, version), {
      cwd: binariesModuleFolder,
      environment: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" },
      timeoutMs: buildTimeoutMs,
      onErrorLine: (line) => {
        if (/^[\w.-]+(\/\S+)*$/.test(line)) packages++;
      },
    });
  } finally {
    clearInterval(timer);
    progress();
  }
}

/** Without debug information the build takes less time and half the disk. The version is what `/version` answers. */
function buildArguments(output: string, version: string): string[] {
  const [major, minor] = version.slice(1).split(".");
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((stamped) => [
    `-X ${stamped}.gitVersion=${version}`,
    `-X ${stamped}.gitMajor=${major}`,
    `-X ${stamped}.gitMinor=${minor}`,
    `-X ${stamped}.gitTreeState=clean`,
  ]);
  return [
    "build",
    "-v",
    "-mod=readonly",
    "-buildvcs=false",
    "-trimpath",
    "-gcflags=all=-dwarf=false",
    `-ldflags=-s -w ${stamps.join(" ")}`,
    "-o",
    `${output}/`,
    ...builtPrograms.map((program) => `./cmd/${program}`),
  ];
}
