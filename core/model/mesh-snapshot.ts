/** What one proxy needs to know, as one immutable whole: mesh-control writes it, the proxy validates, compiles and acks it. */
import type { BalancingPolicy } from "./balancing.ts";
import type { FailurePolicy, FunctionMode } from "./chain.ts";
import type {
  HedgePolicy,
  InjectedFault,
  RequestChanges,
  RequestRedirect,
  RequestTimeouts,
  RetryPolicy,
  SessionPersistence,
} from "./request-rule.ts";
import type { AppProtocol } from "./service.ts";
import type { TrafficMatch } from "./traffic-match.ts";
import type { RateLimit, TrafficPolicy } from "./traffic-policy.ts";

export interface MeshSnapshot {
  /** Grows with every change, also across restarts of the control side. */
  readonly version: number;
  /** The pod that this snapshot is for, as `namespace/name`; one of `peers`. */
  readonly proxy: string;
  /** Every pod of the mesh. Only their addresses may send PROXY protocol and service path headers. */
  readonly peers: readonly MeshPeer[];
  /** What the pod's application dials. */
  readonly upstreams: readonly Upstream[];
  /** The hops of chains on which this pod is an instance. */
  readonly hops: readonly ForwardingHop[];
  /** Paths that end at this pod: by them it names the chain of what arrives. */
  readonly arrivals?: readonly PathArrival[] | undefined;
  /** Who may connect to this pod, and how. Absent where no policy says anything. */
  readonly access?: PodAccess | undefined;
  /** What this pod's application takes in on its ports. Absent is no limit. */
  readonly rateLimits?: readonly PortRateLimit[] | undefined;
}

export interface PortRateLimit extends RateLimit {
  /** Of the application. */
  readonly port: number;
  /** Whether requests of HTTP/1.1 are counted, or connections. */
  readonly isHttp1: boolean;
}

/** What the policies of a pod come to. */
export interface PodAccess {
  readonly mtls?: PodMtls | undefined;
  readonly rules: readonly AccessRule[];
  /** Ports of which every request is judged, since they speak HTTP/1.1. */
  readonly http1Ports: readonly number[];
}

export interface PodMtls {
  /** Unless said, `Permissive` for a proxy with certificates, `Off` for one without. */
  readonly mode?: MtlsMode | undefined;
  /** By port of the application; these go before `mode`. */
  readonly ports: readonly PortMtls[];
}

export interface PortMtls {
  readonly port: number;
  readonly mode: MtlsMode;
}

/** `Strict` is TLS only, `Permissive` TLS and plaintext, `Off` plaintext only. */
export const mtlsModes = ["Strict", "Permissive", "Off"] as const;
export type MtlsMode = (typeof mtlsModes)[number];

export const accessActions = ["Allow", "Deny", "Audit"] as const;
export type AccessAction = (typeof accessActions)[number];

/** Holds of what comes from any of `from` and goes to any of `to`; an empty list is anybody or anything. */
export interface AccessRule {
  /** `namespace/name` of the policy that it is of. */
  readonly policy: string;
  readonly name: string;
  readonly action: AccessAction;
  readonly from: readonly AccessSource[];
  readonly to: readonly AccessTarget[];
}

/** All that is given must hold. None of it holds of plaintext. */
export interface AccessSource {
  /** SPIFFE ids; one that ends in `*` is any that begins so. */
  readonly identities?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
}

/** All that is given must hold. */
export interface AccessTarget {
  readonly ports?: readonly number[] | undefined;
  readonly methods?: readonly string[] | undefined;
  /** One that ends in `*` is any that begins so. */
  readonly paths?: readonly string[] | undefined;
  /** `*.` is any host below. */
  readonly hosts?: readonly string[] | undefined;
}

export interface PathArrival {
  readonly chain: string;
  readonly spi: number;
  /** Set where flows must prove by which functions they came. */
  readonly proof?: PathProof | undefined;
}

export const proofModes = ["Report", "Refuse"] as const;
export type ProofMode = (typeof proofModes)[number];

/** How a destination tells which functions of a path a flow was handed to. */
export interface PathProof {
  /** Whether flows without a sound proof are counted only, or refused too. */
  readonly mode: ProofMode;
  /** Of each function of the path, in its order. */
  readonly keys: readonly HopKey[];
}

export interface HopKey {
  readonly serviceIndex: number;
  /** 32 bytes in hexadecimal digits. */
  readonly key: string;
  /** The function may be bypassed. */
  readonly isOptional?: boolean | undefined;
}

/** A pod with a proxy, as its metrics label it. */
export interface MeshPeer {
  /** `namespace/name`. */
  readonly pod: string;
  readonly address: string;
  readonly workload: string;
  readonly node: string;
  /** Label `app` or `app.kubernetes.io/name`; "unknown" where neither is set, as Istio has it. */
  readonly app: string;
  /** The SPIFFE id that its certificate names; set where its proxy takes TLS. */
  readonly identity?: string | undefined;
  /** Ports of its application on which it takes no TLS all the same. Absent is none. */
  readonly plainPorts?: readonly number[] | undefined;
  /** The only ports of its application on which it does. Absent is all. */
  readonly tlsPorts?: readonly number[] | undefined;
}

/** A Service that the pod talks to: through a port on its own loopback, or where the Service is, if that is intercepted. */
export interface Upstream {
  /** Absent where it has no listener of its own. */
  readonly listenPort?: number | undefined;
  /** Where connections to it are intercepted: the Service's own addresses, at `port`, and straight to its pods at theirs. Absent is nowhere. */
  readonly addresses?: readonly string[] | undefined;
  /** They are intercepted at its pods' addresses, at `appPort`; what no chain takes goes to the pod that was dialled. */
  readonly isHeadless?: boolean | undefined;
  /** Nobody declared what the port speaks: of intercepted connections the first bytes say it, and else it is `protocol`. */
  readonly isUndeclared?: boolean | undefined;
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly protocol: AppProtocol;
  readonly endpoints: readonly WeightedEndpoint[];
  /** How an endpoint is chosen for what goes straight; absent is `weighted`. */
  readonly balancing?: BalancingPolicy | undefined;
  /** How what goes straight is held back, and which endpoints it passes over; its rate limit holds for all that the port takes. */
  readonly traffic?: TrafficPolicy | undefined;
  /** Set while an active path's classifier takes this pod's traffic to the service: all of it that no match takes before. */
  readonly path?: UpstreamPath | undefined;
  /** Asked in this order; the first that holds takes the connection, or on `http1` and `h2c` the request. Absent is none. */
  readonly matches?: readonly UpstreamMatch[] | undefined;
  /** Of requests that no chain takes, on `http1` and `h2c`: the first that holds takes the request, and none is answered 404. Absent is no route. */
  readonly rules?: readonly UpstreamRule[] | undefined;
}

/** Requests that an HTTPRoute or a GRPCRoute sends on by weight. */
export interface UpstreamRule {
  /** `namespace/name`. */
  readonly route: string;
  readonly when: TrafficMatch;
  /** Without any, requests are answered 500. */
  readonly backends: readonly UpstreamBackend[];
  /** How requests are answered instead of being sent on. */
  readonly redirect?: RequestRedirect | undefined;
  readonly timeouts?: RequestTimeouts | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly hedge?: HedgePolicy | undefined;
  readonly mirrors?: readonly UpstreamMirror[] | undefined;
  /** Goes before the backends' weights. */
  readonly session?: SessionPersistence | undefined;
  readonly fault?: InjectedFault | undefined;
}

/** A Service that gets copies of requests. */
export interface UpstreamMirror {
  readonly namespace: string;
  readonly service: string;
  /** Of the requests, in a hundred; above 0. */
  readonly percent: number;
  readonly endpoints: readonly WeightedEndpoint[];
}

export interface UpstreamBackend {
  readonly namespace: string;
  readonly service: string;
  /** Above 0, relative to the others. */
  readonly weight: number;
  /** Where none is, this part of the requests is answered 503. */
  readonly endpoints: readonly WeightedEndpoint[];
  /** As of an upstream, but for the rate limit. */
  readonly traffic?: TrafficPolicy | undefined;
  /** There is no such Service or port: this part of the requests is answered 500. */
  readonly isMissing?: boolean | undefined;
  /** Made to requests that go there, and to their responses. */
  readonly changes?: RequestChanges | undefined;
}

/** Most upstreams of one pod. */
export const snapshotUpstreamsMax = 1000;

/** Most rules of one upstream. */
export const upstreamRulesMax = 128;

/** The part of an upstream's traffic that a chain with a narrower classifier takes. */
export interface UpstreamMatch {
  readonly chain: string;
  readonly when: TrafficMatch;
  /** Absent where every function of the chain is bypassed, so that traffic goes straight, and where it is blocked. */
  readonly path?: UpstreamPath | undefined;
  /** The chain's next function has no live instance and must not be bypassed: traffic is refused. */
  readonly isBlocked?: boolean | undefined;
}

export interface UpstreamPath {
  readonly chain: string;
  readonly spi: number;
  /** With which traffic enters the first hop; 0 where only taps stand before the destination, or it branched off to there. */
  readonly serviceIndex: number;
  readonly next: readonly WeightedEndpoint[];
  /** What stands between here and the first hop. Absent is none. */
  readonly taps?: readonly PathTap[] | undefined;
  /** Whether flows carry a proof of their way. */
  readonly isProved?: boolean | undefined;
}

/** A function in mode Tap that traffic goes past: whoever sends the traffic on sends it a copy. */
export interface PathTap {
  readonly function: string;
  /** Of its own, with which copies arrive there. */
  readonly serviceIndex: number;
  /** Return traffic is copied, too. */
  readonly isSymmetric: boolean;
  readonly next: readonly WeightedEndpoint[];
}

/** The proxy of a pod, and its share of new connections. */
export interface WeightedEndpoint {
  /** `namespace/name`, one of `peers`. */
  readonly pod: string;
  /** Where to dial: the proxy's mesh port. In the lab an emulated link stands before it. */
  readonly address: string;
  readonly port: number;
  /** Which port of the pod's application is meant; travels in the PROXY protocol header. */
  readonly appPort: number;
  /** At least 0, relative to the others; 0 takes traffic only when no other endpoint can. */
  readonly weight: number;
}

/** What this pod's proxy does with traffic that arrives for (spi, serviceIndex): through the function, then onward. Copies end there. */
export interface ForwardingHop {
  readonly chain: string;
  readonly spi: number;
  readonly serviceIndex: number;
  /** With which traffic goes on past taps and bypassed functions; else serviceIndex - 1. */
  readonly nextServiceIndex?: number | undefined;
  readonly function: LocalFunction;
  readonly isSymmetric: boolean;
  /** Instances of the next function that traffic passes, or destination pods. */
  readonly next: readonly WeightedEndpoint[];
  /** What stands between here and them. Absent is none. */
  readonly taps?: readonly PathTap[] | undefined;
  /** Where traffic that leaves the path here goes on; the first that takes it counts. Absent is nowhere. */
  readonly branches?: readonly HopBranch[] | undefined;
  /** With which this proxy signs that it handed a flow to the function; 32 bytes in hexadecimal digits. */
  readonly proofKey?: string | undefined;
  /** Protocol of the chained traffic: on `http1` every request carries the service path header. */
  readonly protocol: AppProtocol;
}

/** Traffic that goes on along another chain's path from here. */
export interface HopBranch {
  readonly chain: string;
  /** As traffic is where the function gives it back; undefined where only the function says so. */
  readonly when?: TrafficMatch | undefined;
  /** Absent where the chain's first function has no live instance and must not be bypassed: traffic is refused. */
  readonly path?: UpstreamPath | undefined;
}

export interface LocalFunction {
  readonly name: string;
  readonly port: number;
  readonly hasProxyProtocol: boolean;
  readonly failurePolicy: FailurePolicy;
  readonly mode: FunctionMode;
  /**
   * It says on which path traffic goes on: what it gives back, or opens onward, begins with a PROXY protocol header; of HTTP/1.1 that
   * it gives back, requests may carry `weft-nsh` instead.
   */
  readonly isReclassifying?: boolean | undefined;
}

/** What a proxy says of the newest snapshot it was sent. */
export interface SnapshotReport {
  readonly proxy: string;
  readonly version: number;
  readonly verdict: "accepted" | "rejected";
  /** The field and the reason, when rejected. */
  readonly reason?: string | undefined;
  /** The version it runs now. */
  readonly runningVersion: number;
}

/** The port on which proxies take traffic from each other. */
export const meshPort = 15008;
/** The proxy's own `/metrics`, `/livez`, `/readyz`, `/config`. */
export const proxyAdminPort = 15020;
/** On the pod's loopback: where a function in mode Terminate opens what goes on along a path. */
export const proxyOnwardPort = 15009;

/** Where the kernel redirects what the pod dials, on its loopback, and what is dialled at the pod, on its addresses. */
export const interceptOutboundPort = 15001;
export const interceptInboundPort = 15006;
/** User of an intercepting proxy, by which its own connections are told from the application's. */
export const proxyUserId = 15008;

/** Ports that the proxy needs for itself. */
export const proxyPorts: ReadonlySet<number> = new Set([meshPort, proxyAdminPort, proxyOnwardPort]);

/** The admin port of the proxy of a pod of this address. */
export function proxyAdminUrl(podAddress: string): string {
  return `http://${podAddress.includes(":") ? `[${podAddress}]` : podAddress}:${proxyAdminPort}`;
}

/** Where it tells its counters. */
export function proxyMetricsUrl(podAddress: string): string {
  return `${proxyAdminUrl(podAddress)}/metrics`;
}

/** A pod is in the mesh when this label is "enabled". */
export const meshLabel = "weft.dev/mesh";
/** The kernel redirects a pod's connections to its proxy when this annotation is "enabled": then its snapshot says where Services are. */
export const interceptAnnotation = "weft.dev/intercept";
/** Upstreams a pod dials through its loopback: `nrf=15010, dn.edge:8080=15011, upf:2152/udp=15012` is `service[.namespace][:port][/udp]=listenPort`. */
export const upstreamsAnnotation = "weft.dev/upstreams";
