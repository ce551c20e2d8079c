/** A port of the node itself that a pod takes. Source: k8s.io/kube-scheduler/framework/types.go, `HostPortInfo`. */
export interface HostPort {
  /** `0.0.0.0` for every address of the node. */
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

export interface PortedContainer {
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly hostPort?: number; readonly hostIP?: string; readonly protocol?: string }[];
}

const everyAddress = "0.0.0.0";

export function hostPortsOf(containers: readonly PortedContainer[]): readonly HostPort[] {
  return containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP, protocol }): HostPort[] =>
      hostPort > 0 ? [{ address: hostIP || everyAddress, protocol: protocol || "TCP", port: hostPort }] : [],
    ),
  );
}

/** Whether one node cannot have both. */
export function isSamePort(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.address === b.address || a.address === everyAddress || b.address === everyAddress;
}
