/** The real kube-controller-manager: deployments get pods, deleted namespaces empty, owners' children go. */
import { type Component, startComponent } from "./component.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";

/** Without the two controllers that would taint, and empty, nodes which no kubelet reports on. */
const controllers = "*,-node-lifecycle-controller,-taint-eviction-controller";

export function startControllerManager(connection: ControlPlaneConnection): Promise<Component> {
  const { paths, binaries } = connection;
  const kubeconfig = paths.controllerManagerKubeconfig;
  return startComponent(connection, {
    name: "kube-controller-manager",
    path: binaries.kubeControllerManager,
    readyPath: "/healthz",
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      `--controllers=${controllers}`,
      "--use-service-account-credentials=true",
      `--service-account-private-key-file=${paths.serviceAccountPrivateKey}`,
      `--root-ca-file=${paths.caCertificate}`,
    ],
  });
}
