/** What the cluster of the benchmark consists of: clients whose every upstream port is a chain of its own. */
import type { ServiceFunction, ServiceFunctionChain } from "../../../core/model/chain.ts";
import { type ClusterNode, clusterNodeOf } from "../../../core/model/cluster-node.ts";
import { meshLabel, upstreamsAnnotation } from "../../../core/model/mesh-snapshot.ts";
import { type Pod, podOf } from "../../../core/model/pod.ts";
import { type Service, serviceOf } from "../../../core/model/service.ts";

export const protocols = ["http1", "tcp", "h2c"] as const;
export type FlowProtocol = (typeof protocols)[number];
export type PodRole = "client" | "function" | "destination";

export const namespace = "bench";
export const functionPort = 9000;
/** Where a destination's application listens. */
export const appPorts: Readonly<Record<FlowProtocol, number>> = { http1: 8080, tcp: 7000, h2c: 7001 };
const appProtocols: Readonly<Record<FlowProtocol, string>> = { http1: "http", tcp: "tcp", h2c: "h2c" };
const servicePortFirst = 8000;
const listenPortFirst = 16_000;
const nodeCount = 4;

export interface WorldSize {
  readonly clients: number;
  /** One service port each; every client has a chain to every one. */
  readonly ports: readonly FlowProtocol[];
  /** Names of functions; each chain passes two of them, or the only one. */
  readonly functions: readonly string[];
  readonly instances: number;
  readonly destinations: number;
  /** Of the pod with this number and role. */
  readonly addressOf: (number: number, role: PodRole) => string;
}

export interface BenchPod {
  readonly pod: Pod;
  readonly name: string;
  readonly address: string;
  readonly role: PodRole;
}

export interface ChainWorld {
  readonly nodes: readonly ClusterNode[];
  readonly services: readonly Service[];
  readonly functions: readonly ServiceFunction[];
  readonly chains: readonly ServiceFunctionChain[];
  readonly pods: readonly BenchPod[];
}

export function chainWorld(size: WorldSize): ChainWorld {
  return {
    nodes: Array.from({ length: nodeCount }, (_, at) => nodeNamed(`n${at}`, `z${at % 2}`)),
    services: [destinationService(size)],
    functions: size.functions.map(functionNamed),
    chains: chainsOf(size),
    pods: podsOf(size),
  };
}

/** Where a client's application dials the service port with this number. */
export function listenPortOf(portNumber: number): number {
  return listenPortFirst + portNumber;
}

function nodeNamed(name: string, zone: string): ClusterNode {
  const labels = { "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": "r" };
  return clusterNodeOf({ metadata: { name, labels, annotations: { "weft.dev/link-bandwidth": "10G" } } });
}

function destinationService({ ports }: WorldSize): Service {
  const listed = ports.map((protocol, at) => ({
    name: `p${at}`,
    port: servicePortFirst + at,
    targetPort: appPorts[protocol],
    appProtocol: appProtocols[protocol],
  }));
  return serviceOf({ metadata: { namespace, name: "dn" }, spec: { selector: { app: "dn" }, ports: listed } });
}

function functionNamed(name: string): ServiceFunction {
  return {
    namespace,
    name,
    generation: 1,
    selector: { app: name },
    port: functionPort,
    protocol: "tcp",
    hasProxyProtocol: true,
    capacityBytesPerSecond: 100e6,
    scaling: 1,
    processingDelayMs: 0,
    failurePolicy: "Block",
    mode: "Forward",
  };
}

function chainsOf({ clients, ports, functions }: WorldSize): readonly ServiceFunctionChain[] {
  return Array.from({ length: clients * ports.length }, (_, at) => {
    const [client, port] = [Math.floor(at / ports.length), at % ports.length];
    const passed = [functions[at % functions.length], functions[(at + 1) % functions.length]];
    return {
      namespace,
      name: `c${client}-p${port}`,
      uid: `uid-c${client}-p${port}`,
      generation: 1,
      classifier: { from: { tenant: `c${client}` }, to: { service: "dn", port: servicePortFirst + port } },
      functions: [...new Set(passed)].filter((name) => name !== undefined),
      isSymmetric: false,
      // None alike, so that splits are no copies of each other.
      demandBytesPerSecond: 100_000 + 500 * (at % 97),
      latencyBudgetMs: undefined,
      priority: 0,
    };
  });
}

function podsOf(size: WorldSize): readonly BenchPod[] {
  const upstreams = size.ports.map((_, at) => `dn:${servicePortFirst + at}=${listenPortOf(at)}`).join(", ");
  const named = [
    ...counted("client", size.clients).map((name, at) => podNamed(size, at, { name, role: "client", upstreams, tenant: `c${at}` })), // biome-ignore format: short
    ...size.functions
      .flatMap((each) => counted(each, size.instances))
      .map((name, at) => podNamed(size, at, { name, role: "function" })),
    ...counted("dn", size.destinations).map((name, at) => podNamed(size, at, { name, role: "destination" })),
  ];
  return named;
}

function counted(app: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${app}-${at}`);
}

interface PodSketch {
  readonly name: string;
  readonly role: PodRole;
  readonly upstreams?: string;
  readonly tenant?: string;
}

function podNamed(size: WorldSize, number: number, { name, role, upstreams, tenant }: PodSketch): BenchPod {
  const app = name.split("-")[0] ?? name;
  const address = size.addressOf(number, role);
  const labels = { app, [meshLabel]: "enabled", ...(tenant && { tenant }) };
  const annotations = upstreams === undefined ? {} : { [upstreamsAnnotation]: upstreams };
  const pod = podOf({
    metadata: { namespace, name, uid: name, labels, annotations },
    spec: { nodeName: `n${number % nodeCount}` },
    status: { phase: "Running", podIP: address, conditions: [{ type: "Ready", status: "True" }] },
  });
  return { pod, name, address, role };
}
