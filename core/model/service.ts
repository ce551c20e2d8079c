/** A Kubernetes Service as Weft sees it, and how it is read from a Kubernetes object. */
import { type BalancingPolicy, balancingOf } from "./balancing.ts";
import type { Parsed } from "./parsed.ts";
import { type SiteSharing, siteSharingOf } from "./site-sharing.ts";

/** What the proxy understands of the bytes: `h2c` carries gRPC too. */
export const appProtocols = ["tcp", "http1", "h2c"] as const;
export type AppProtocol = (typeof appProtocols)[number];

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  /** Absent where its load is not shared among sites; rejected where its annotations make no sense. */
  readonly sharing?: Parsed<SiteSharing> | undefined;
  /** How its clients choose an endpoint; absent is `weighted`. */
  readonly balancing?: Parsed<BalancingPolicy> | undefined;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** The container's port; a named target port is not followed and counts as `port`. */
  readonly targetPort: number;
  readonly protocol: AppProtocol;
}

/** The part of a Kubernetes Service that Weft reads. */
export interface ServiceObject {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePortObject[];
  };
}

interface ServicePortObject {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

export function serviceKey(service: Pick<Service, "namespace" | "name">): string {
  return `${service.namespace}/${service.name}`;
}

export function serviceOf(object: ServiceObject): Service {
  const ports = object.spec?.ports ?? [];
  const annotations = object.metadata?.annotations ?? {};
  const [sharing, balancing] = [siteSharingOf(annotations), balancingOf(annotations)];
  return {
    namespace: object.metadata?.namespace ?? "default",
    name: object.metadata?.name ?? "",
    selector: object.spec?.selector ?? {},
    ports: ports.filter(({ protocol = "TCP" }) => protocol === "TCP").map(servicePortOf),
    ...(sharing && { sharing }),
    ...(balancing && { balancing }),
  };
}

/** A selector without entries selects nothing, as an Endpoints controller reads it. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function servicePortOf(object: ServicePortObject): ServicePort {
  const targetPort = typeof object.targetPort === "number" ? object.targetPort : object.port;
  return { name: object.name ?? "", port: object.port, targetPort, protocol: protocolOf(object) };
}

/** `appProtocol` first, then the port name's prefix; both spellings are Kubernetes' and Istio's. */
function protocolOf({ appProtocol, name = "" }: ServicePortObject): AppProtocol {
  const declared = (appProtocol ?? name.split("-", 1)[0] ?? "").toLowerCase();
  if (["kubernetes.io/h2c", "h2c", "http2", "grpc"].includes(declared)) return "h2c";
  return declared === "http" ? "http1" : "tcp";
}
