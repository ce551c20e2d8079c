/** A Kubernetes Service as Weft sees it, and how it is read from a Kubernetes object. */
import { type BalancingPolicy, balancingOf } from "./balancing.ts";
import { parseIpAddress } from "./ip-address.ts";
import type { Parsed } from "./parsed.ts";
import { type SiteSharing, siteSharingOf } from "./site-sharing.ts";
import { type DeclaredTraffic, trafficPolicyOf } from "./traffic-annotations.ts";

/** What the proxy understands of the bytes of a TCP connection: `h2c` carries gRPC too. */
export const streamProtocols = ["tcp", "http1", "h2c"] as const;
export type StreamProtocol = (typeof streamProtocols)[number];

/** What it understands of UDP datagrams: by what it tells sessions apart. */
export const datagramProtocols = ["udp", "gtp-u", "pfcp"] as const;
export type DatagramProtocol = (typeof datagramProtocols)[number];

export const appProtocols = [...streamProtocols, ...datagramProtocols] as const;
export type AppProtocol = (typeof appProtocols)[number];

const datagrams: ReadonlySet<string> = new Set(datagramProtocols);

export function isDatagramProtocol(protocol: AppProtocol): protocol is DatagramProtocol {
  return datagrams.has(protocol);
}

/** Whether a client's proxy sees each request, and not only the connection. */
export function showsRequests(protocol: AppProtocol): boolean {
  return protocol === "http1" || protocol === "h2c";
}

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
  /** Its own, at which clients dial it. Absent is none. */
  readonly addresses?: readonly string[] | undefined;
  /** Its clients dial its pods' addresses. */
  readonly isHeadless?: boolean | undefined;
  /** Absent where its load is not shared among sites; rejected where its annotations make no sense. */
  readonly sharing?: Parsed<SiteSharing> | undefined;
  /** How its clients choose an endpoint; absent is `weighted`. */
  readonly balancing?: Parsed<BalancingPolicy> | undefined;
  /** How its clients are held back, and which endpoints they pass over; absent where it says nothing. */
  readonly traffic?: DeclaredTraffic | undefined;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** The container's port; a named target port is not followed and counts as `port`. */
  readonly targetPort: number;
  readonly protocol: AppProtocol;
  /** Of a TCP port of which nothing says what it speaks. */
  readonly isUndeclared?: boolean | undefined;
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
    readonly clusterIP?: string | undefined;
    readonly clusterIPs?: readonly string[];
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
  const traffic = trafficPolicyOf(annotations);
  return {
    namespace: object.metadata?.namespace ?? "default",
    name: object.metadata?.name ?? "",
    selector: object.spec?.selector ?? {},
    ports: ports.filter(({ protocol = "TCP" }) => protocol === "TCP" || protocol === "UDP").map(servicePortOf),
    ...placeOf(object),
    ...(sharing && { sharing }),
    ...(balancing && { balancing }),
    ...(traffic && { traffic }),
  };
}

/** `None` is headless; a Service without an address yet, or with a name in place of one, has neither. */
function placeOf({ spec }: ServiceObject): Pick<Service, "addresses" | "isHeadless"> {
  const listed = spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP]);
  if (listed.includes("None")) return { isHeadless: true };
  const addresses = listed.filter((address) => parseIpAddress(address) !== undefined);
  return addresses.length > 0 ? { addresses } : {};
}

/** The port of this number; of two, one of either transport, the TCP port. */
export function portNumbered({ ports }: Pick<Service, "ports">, wanted: number): ServicePort | undefined {
  const found = ports.filter(({ port }) => port === wanted);
  return found.find(({ protocol }) => !isDatagramProtocol(protocol)) ?? found[0];
}

/** A selector without entries selects nothing, as an Endpoints controller reads it. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function servicePortOf(object: ServicePortObject): ServicePort {
  const targetPort = typeof object.targetPort === "number" ? object.targetPort : object.port;
  const isUndeclared = object.protocol !== "UDP" && !isDeclared(object);
  return {
    ...{ name: object.name ?? "", port: object.port, targetPort, protocol: protocolOf(object) },
    ...(isUndeclared && { isUndeclared }),
  };
}

/** Protocols that a port's name may begin with, as Istio has them. */
const namedProtocols = new Set(["http", "http2", "h2c", "grpc", "tcp", "tls", "https", "mongo", "mysql", "redis"]);

function isDeclared({ appProtocol, name = "" }: ServicePortObject): boolean {
  return appProtocol !== undefined || namedProtocols.has((name.split("-", 1)[0] ?? "").toLowerCase());
}

/** `appProtocol` first, then the port's name; Kubernetes' and Istio's spellings, and on UDP names of our own, since neither has any. */
function protocolOf({ protocol, appProtocol, name = "" }: ServicePortObject): AppProtocol {
  if (protocol === "UDP") return datagramProtocolOf(appProtocol ?? name);
  return streamProtocolOf(appProtocol ?? name.split("-", 1)[0] ?? "");
}

function datagramProtocolOf(declared: string): DatagramProtocol {
  const text = declared.toLowerCase().replace(/^weft\.dev\//, "");
  const isNamed = (protocol: string) => text === protocol || text.startsWith(`${protocol}-`);
  return datagramProtocols.find(isNamed) ?? "udp";
}

function streamProtocolOf(text: string): StreamProtocol {
  const declared = text.toLowerCase();
  if (["kubernetes.io/h2c", "h2c", "http2", "grpc"].includes(declared)) return "h2c";
  return declared === "http" ? "http1" : "tcp";
}
