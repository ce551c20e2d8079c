/** The control plane's programs: the user's own, the cache's, or freshly built ones. */
import { join } from "node:path";
import { debianProgram } from "../tools/debian-package.ts";
import { isExecutable } from "../tools/find-program.ts";
import { runCommand } from "../tools/run-command.ts";
import { userCacheFolder } from "../tools/user-cache.ts";
import { buildBinaries, builtPrograms } from "./build-binaries.ts";
import { pinnedKubernetesVersion } from "./kubernetes-version.ts";

/** Absolute paths, and the version of Kubernetes they are, such as `v1.36.2`. */
export type Binaries = {
  readonly kubernetesVersion: string;
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeScheduler: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
};

export type BinariesAvailability =
  | { readonly kind: "available"; readonly binaries: Binaries }
  | { readonly kind: "unavailable"; readonly reason: string };

/**
 * `KUBEBUILDER_ASSETS` is used as a whole or not at all, so that versions do not mix. Otherwise etcd comes from PATH or
 * from Debian's package, and the rest from the cache, built first where the cache lacks it. Never rejects for what the
 * machine lacks.
 */
export async function findBinaries(log: (line: string) => void): Promise<BinariesAvailability> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) return findAssets(assets);
  const etcd = await debianProgram({ package: "etcd-server", program: "etcd", how: "unpack" });
  if (etcd.kind === "unavailable") return etcd;
  const version = pinnedKubernetesVersion();
  const folder = join(userCacheFolder(), "kubernetes", `${version}-${process.platform}-${process.arch}`);
  if (missingFrom(folder, builtPrograms).length > 0) {
    const build = await buildBinaries(folder, version, log);
    if (build.kind === "failed") return { kind: "unavailable", reason: build.reason };
  }
  return { kind: "available", binaries: binariesIn(folder, etcd.path, version) };
}

async function findAssets(folder: string): Promise<BinariesAvailability> {
  const missing = missingFrom(folder, ["etcd", ...builtPrograms]);
  if (missing.length > 0)
    return { kind: "unavailable", reason: `KUBEBUILDER_ASSETS=${folder} holds no ${missing.join(", no ")}` };
  const answer = await runCommand(join(folder, "kube-apiserver"), ["--version"], { timeoutMs: 30_000 });
  if (answer.kind === "failed") return { kind: "unavailable", reason: answer.reason };
  const version = answer.stdout.trim().replace(/^Kubernetes /, "");
  return { kind: "available", binaries: binariesIn(folder, join(folder, "etcd"), version) };
}

function missingFrom(folder: string, programs: readonly string[]): string[] {
  return programs.filter((program) => !isExecutable(join(folder, program)));
}

function binariesIn(folder: string, etcd: string, kubernetesVersion: string): Binaries {
  return {
    kubernetesVersion,
    etcd,
    kubeApiserver: join(folder, "kube-apiserver"),
    kubeScheduler: join(folder, "kube-scheduler"),
    kubeControllerManager: join(folder, "kube-controller-manager"),
    kubectl: join(folder, "kubectl"),
  };
}
