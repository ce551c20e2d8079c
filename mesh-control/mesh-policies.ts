/** What the policies of a pod come to: the transport of its ports, and the rules of all of them. */
import { type MeshPolicy, mtlsAnnotation } from "../core/model/mesh-policy.ts";
import { type MeshPeer, type MtlsMode, mtlsModes, type PodAccess, type PodMtls } from "../core/model/mesh-snapshot.ts";
import type { Pod } from "../core/model/pod.ts";
import { type Service, selects } from "../core/model/service.ts";
import { spiffeIdOf } from "../core/model/spiffe-id.ts";

export interface MeshPolicies {
  /** Undefined where no policy says anything of the pod. */
  accessOf(pod: Pod): PodAccess | undefined;
  /** What other proxies need to know before they dial it; empty of a pod that takes no TLS. */
  tlsOf(pod: Pod): Pick<MeshPeer, "identity" | "plainPorts" | "tlsPorts">;
}

export interface PolicyObjects {
  readonly policies: readonly MeshPolicy[];
  readonly services: readonly Service[];
  readonly trustDomain: string;
}

/** Time for a pod: O(policies and Services of its namespace). */
export function meshPolicies({ policies, services, trustDomain }: PolicyObjects): MeshPolicies {
  const sorted = policies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const policiesBy = Map.groupBy(sorted, ({ namespace }) => namespace);
  const servicesBy = Map.groupBy(services, ({ namespace }) => namespace);
  const policiesOf = ({ namespace, labels }: Pod) =>
    (policiesBy.get(namespace) ?? []).filter(
      ({ selector }) => Object.keys(selector).length === 0 || selects(selector, labels),
    );
  return {
    accessOf: (pod) => {
      const own = policiesOf(pod);
      if (own.length === 0) return undefined;
      const rules = own.flatMap((policy) =>
        policy.rules.map((rule) => ({ policy: `${policy.namespace}/${policy.name}`, ...rule })),
      );
      const mtls = mtlsOf(own);
      const http1Ports = rules.length === 0 ? [] : http1PortsOf(servicesBy.get(pod.namespace) ?? [], pod);
      return { ...(mtls && { mtls }), rules, http1Ports };
    },
    tlsOf: (pod) => {
      if (pod.annotations[mtlsAnnotation] !== "enabled") return {};
      const identity = spiffeIdOf(trustDomain, pod.namespace, pod.serviceAccount ?? "default");
      const mtls = mtlsOf(policiesOf(pod));
      if (mtls === undefined) return { identity };
      const isOff = mtls.mode === "Off";
      const exceptions = mtls.ports.filter(({ mode }) => (mode === "Off") !== isOff).map(({ port }) => port);
      if (isOff) return exceptions.length === 0 ? {} : { identity, tlsPorts: exceptions };
      return exceptions.length === 0 ? { identity } : { identity, plainPorts: exceptions };
    },
  };
}

/** What a policy with a selector says goes before one without; of several of either the strictest counts. */
function mtlsOf(policies: readonly MeshPolicy[]): PodMtls | undefined {
  const [broad = [], narrow = []] = [false, true].map((isNarrow) =>
    policies.filter(({ selector }) => Object.keys(selector).length > 0 === isNarrow),
  );
  const [broadMode, narrowMode] = [modeOf(broad), modeOf(narrow)];
  const broadPorts = narrowMode === undefined ? portsOf(broad) : [];
  const ports = new Map([...broadPorts, ...portsOf(narrow)]);
  const mode = narrowMode ?? broadMode;
  if (mode === undefined && ports.size === 0) return undefined;
  const sorted = [...ports].map(([port, portMode]) => ({ port, mode: portMode })).sort((a, b) => a.port - b.port);
  return { mode, ports: sorted };
}

function modeOf(policies: readonly MeshPolicy[]): MtlsMode | undefined {
  return strictest(policies.flatMap(({ mode }) => mode ?? []));
}

function portsOf(policies: readonly MeshPolicy[]): readonly (readonly [number, MtlsMode])[] {
  const byPort = Map.groupBy(
    policies.flatMap(({ ports }) => ports),
    ({ port }) => port,
  );
  return [...byPort].flatMap(([port, entries]) => {
    const mode = strictest(entries.map((entry) => entry.mode));
    return mode === undefined ? [] : [[port, mode] as const];
  });
}

function strictest(modes: readonly MtlsMode[]): MtlsMode | undefined {
  return mtlsModes.find((mode) => modes.includes(mode));
}

/** Ports of which every Service that leads to the pod says that they speak HTTP/1.1. */
function http1PortsOf(services: readonly Service[], { labels }: Pod): readonly number[] {
  const ports = services.filter(({ selector }) => selects(selector, labels)).flatMap((service) => service.ports);
  const others = new Set(ports.filter(({ protocol }) => protocol !== "http1").map(({ targetPort }) => targetPort));
  const http1 = ports.map(({ targetPort }) => targetPort).filter((port) => !others.has(port));
  return [...new Set(http1)].sort((a, b) => a - b);
}
