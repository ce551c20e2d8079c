/** etcd and kube-apiserver on loopback: a real Kubernetes API without nodes of its own. */
import { join } from "node:path";
import { findFreePort } from "../tools/free-port.ts";
import { type ManagedProcess, startProcess } from "../tools/managed-process.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { type Certificates, issueCertificates } from "./certificates.ts";
import { type ControlPlanePaths, writeControlPlaneFolder } from "./control-plane-folder.ts";
import type { Binaries } from "./find-binaries.ts";
import { httpsGet } from "./https-get.ts";

/** Everything a client, a scheduler or a controller manager needs to join; plain data, so that it reaches test workers. */
export type ControlPlaneConnection = {
  readonly binaries: Binaries;
  readonly paths: ControlPlanePaths;
  readonly apiServerUrl: string;
  readonly caPem: string;
  /** The client certificate of a cluster administrator. */
  readonly adminCertificatePem: string;
  readonly adminKeyPem: string;
};

export type ControlPlane = {
  readonly connection: ControlPlaneConnection;
  /** Ends both programs. The folder stays. */
  stop(): Promise<void>;
};

export type ControlPlaneOptions = {
  readonly binaries: Binaries;
  /** Keys, data and logs go here. */
  readonly folder: string;
};

const readyTimeoutMs = 90_000;

/** Resolves when `/readyz` answers 200. Rejects with the end of the failing program's log, leaving nothing running. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { binaries, folder } = options;
  const certificates = await issueCertificates(new Date());
  const port = await findFreePort();
  const apiServerUrl = `https://127.0.0.1:${port}`;
  const paths = writeControlPlaneFolder(folder, certificates, apiServerUrl);
  const processes: ManagedProcess[] = [];
  const stop = async () => {
    for (const process of processes.toReversed()) await process.stop(0);
  };
  try {
    const etcdUrl = await startEtcd(binaries, folder, processes);
    const apiServer = startApiServer({ binaries, paths, port, etcdUrl });
    processes.push(apiServer);
    await waitUntilReady(apiServerUrl, certificates, processes);
  } catch (error) {
    await stop();
    throw error;
  }
  const { certificatePem: adminCertificatePem, keyPem: adminKeyPem } = certificates.admin;
  const connection = { binaries, paths, apiServerUrl, caPem: certificates.caPem, adminCertificatePem, adminKeyPem };
  return { connection, stop };
}

/** Its data need not survive the machine, so it does not wait for the disk. */
async function startEtcd(binaries: Binaries, folder: string, processes: ManagedProcess[]): Promise<string> {
  const clientUrl = `http://127.0.0.1:${await findFreePort()}`;
  const peerUrl = `http://127.0.0.1:${await findFreePort()}`;
  const args = [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--unsafe-no-fsync",
  ];
  processes.push(startProcess({ name: "etcd", path: binaries.etcd, args, logPath: join(folder, "etcd.log") }));
  return clientUrl;
}

type ApiServerSpec = {
  readonly binaries: Binaries;
  readonly paths: ControlPlanePaths;
  readonly port: number;
  readonly etcdUrl: string;
};

/** TaintNodesByCondition would keep every node that has no kubelet tainted as not ready; ServiceAccount would want tokens. */
function startApiServer({ binaries, paths, port, etcdUrl }: ApiServerSpec): ManagedProcess {
  const args = [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${paths.serverCertificate}`,
    `--tls-private-key-file=${paths.serverKey}`,
    `--client-ca-file=${paths.caCertificate}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${paths.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${paths.serviceAccountPrivateKey}`,
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--allow-privileged=true",
    "--endpoint-reconciler-type=none",
  ];
  const logPath = join(paths.folder, "kube-apiserver.log");
  return startProcess({ name: "kube-apiserver", path: binaries.kubeApiserver, args, logPath });
}

async function waitUntilReady(
  apiServerUrl: string,
  certificates: Certificates,
  processes: readonly ManagedProcess[],
): Promise<void> {
  const identity = { caPem: certificates.caPem, ...certificates.admin };
  try {
    await waitUntil(async () => (await httpsGet(`${apiServerUrl}/readyz`, identity)).status === 200, {
      what: "kube-apiserver is ready",
      timeoutMs: readyTimeoutMs,
      giveUp: () => processes.map((process) => process.ended()).find((reason) => reason !== undefined),
    });
  } catch (error) {
    const tails = processes.map((process) => `${process.logPath} ends with:\n${process.logTail()}`);
    throw new Error([(error as Error).message, ...tails].join("\n"), { cause: error });
  }
}
