/** What a control plane keeps on disk: keys, kubeconfigs, logs and etcd's data. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificates, KeyPair } from "./certificates.ts";

/** Absolute paths inside one folder. */
export type ControlPlanePaths = {
  readonly folder: string;
  readonly caCertificate: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly serviceAccountPublicKey: string;
  readonly serviceAccountPrivateKey: string;
  readonly adminKubeconfig: string;
  readonly schedulerKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
};

function controlPlanePaths(folder: string): ControlPlanePaths {
  return {
    folder,
    caCertificate: join(folder, "ca.crt"),
    serverCertificate: join(folder, "server.crt"),
    serverKey: join(folder, "server.key"),
    serviceAccountPublicKey: join(folder, "service-account.pub"),
    serviceAccountPrivateKey: join(folder, "service-account.key"),
    adminKubeconfig: join(folder, "admin.kubeconfig"),
    schedulerKubeconfig: join(folder, "kube-scheduler.kubeconfig"),
    controllerManagerKubeconfig: join(folder, "kube-controller-manager.kubeconfig"),
  };
}

/** Creates the folder and everything in it that programs read at their start; private keys are for the owner only. */
export function writeControlPlaneFolder(
  folder: string,
  certificates: Certificates,
  apiServerUrl: string,
): ControlPlanePaths {
  const paths = controlPlanePaths(folder);
  mkdirSync(folder, { recursive: true });
  const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });
  write(paths.caCertificate, certificates.caPem);
  write(paths.serverCertificate, certificates.server.certificatePem);
  write(paths.serverKey, certificates.server.keyPem);
  write(paths.serviceAccountPublicKey, certificates.serviceAccount.publicKeyPem);
  write(paths.serviceAccountPrivateKey, certificates.serviceAccount.privateKeyPem);
  const kubeconfigOf = (user: KeyPair) => kubeconfig(apiServerUrl, certificates.caPem, user);
  write(paths.adminKubeconfig, kubeconfigOf(certificates.admin));
  write(paths.schedulerKubeconfig, kubeconfigOf(certificates.scheduler));
  write(paths.controllerManagerKubeconfig, kubeconfigOf(certificates.controllerManager));
  return paths;
}

/** JSON, which is YAML too. */
function kubeconfig(server: string, caPem: string, user: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(caPem) } }],
    users: [
      {
        name: "test",
        user: { "client-certificate-data": base64(user.certificatePem), "client-key-data": base64(user.keyPem) },
      },
    ],
  });
}
