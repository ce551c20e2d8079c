/** The Kubernetes version that the tests are pinned to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The Go module that builds Kubernetes' programs; its go.mod is the one place that names the version. */
export const binariesModuleFolder = join(import.meta.dirname, "binaries");

/** Such as `v1.36.2`. */
export function pinnedKubernetesVersion(): string {
  const path = join(binariesModuleFolder, "go.mod");
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(readFileSync(path, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${path} does not require k8s.io/kubernetes`);
  return version;
}
