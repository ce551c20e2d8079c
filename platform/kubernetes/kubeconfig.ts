/** The only file that loads client-node. */
import { KubeConfig } from "@kubernetes/client-node";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";

export interface KubeconfigSource {
  /** A kubeconfig's path; unless told, KUBECONFIG, ~/.kube/config or the pod's service account, as kubectl looks for them. */
  readonly kubeconfigPath?: string | undefined;
  readonly context?: string | undefined;
}

/** What client-node invents where it finds no kubeconfig. */
const clientNodesFallback = "http://localhost:8080";

/** @throws WeftError config-invalid when there is no such kubeconfig or context */
export function loadKubeconfig({ kubeconfigPath, context }: KubeconfigSource): KubeConfig {
  const config = new KubeConfig();
  const where = kubeconfigPath ?? "in KUBECONFIG, ~/.kube/config or the service account";
  try {
    if (kubeconfigPath === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfigPath);
  } catch (error) {
    throw new WeftError("config-invalid", `kubeconfig ${where}: ${messageOf(error)}`, { cause: error });
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster || cluster.server === clientNodesFallback) {
    const which = context === undefined ? "current context" : `context ${context}`;
    throw new WeftError("config-invalid", `kubeconfig ${where}: no ${which} that names a cluster`);
  }
  return config;
}
