/** Puts `deploy/crds` into the control plane, as a user would, and waits until the API server serves them. */
import { runCommand } from "../tools/run-command.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";

/** Idempotent: suites that share the control plane may all call it. Returns what kubectl printed. */
export async function installCrds(connection: ControlPlaneConnection): Promise<string> {
  const applied = await kubectl(connection, ["apply", "--server-side", "--validate=strict", "-f", "deploy/crds"]);
  await kubectl(connection, ["wait", "--for=condition=Established", "--timeout=30s", "-f", "deploy/crds"]);
  return applied;
}

/** What kubectl writes to stdout as administrator; rejects with what it writes to stderr when it fails. */
export async function kubectl(connection: ControlPlaneConnection, args: readonly string[]): Promise<string> {
  const { binaries, paths } = connection;
  const all = [`--kubeconfig=${paths.adminKubeconfig}`, ...args];
  const result = await runCommand(binaries.kubectl, all, { timeoutMs: 60_000 });
  if (result.kind === "failed") throw new Error(result.reason);
  return result.stdout;
}
