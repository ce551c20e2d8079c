/** One manifest as people write it: strict, so that a misspelt field is an error and not a silent default. */
import { type ZodType, z } from "zod";
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import { type ClusterNode, clusterNodeOf } from "../../core/model/cluster-node.ts";
import type { HttpRoute } from "../../core/model/http-route.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type Service, serviceOf } from "../../core/model/service.ts";
import { type Deployment, deploymentObject, deploymentOf } from "./deployment.ts";
import { parseGrpcRoute } from "./grpc-route.ts";
import { parseHttpRoute } from "./http-route.ts";
import { clusterScopedMetadata, manifestMetadata } from "./manifest-metadata.ts";
import { parseWith } from "./parse-with.ts";
import { labels, portNumber, quantity } from "./scalars.ts";
import { parseServiceFunction } from "./service-function.ts";
import { parseServiceFunctionChain } from "./service-function-chain.ts";

export type Manifest =
  | { readonly kind: "Node"; readonly node: ClusterNode }
  | { readonly kind: "Namespace"; readonly name: string }
  | { readonly kind: "Service"; readonly service: Service }
  | { readonly kind: "Route"; readonly route: HttpRoute }
  | { readonly kind: "Deployment"; readonly deployment: Deployment }
  | { readonly kind: "ServiceFunction"; readonly serviceFunction: ServiceFunction }
  | { readonly kind: "ServiceFunctionChain"; readonly chain: ServiceFunctionChain };

export function parseManifest(object: unknown): Parsed<Manifest> {
  const head = parseWith(z.looseObject({ apiVersion: z.string(), kind: z.string() }), object);
  if (head.kind === "rejected") return head;
  const parse = Object.hasOwn(parsers, head.value.kind) ? parsers[head.value.kind] : undefined;
  if (parse) return parse(object);
  const known = Object.keys(parsers).join(", ");
  return { kind: "rejected", field: "kind", reason: `${head.value.kind} is not one of ${known}` };
}

const PORTS_MAX = 64;

const nodeObject = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Node"),
  metadata: clusterScopedMetadata,
  spec: z.strictObject({ unschedulable: z.boolean().default(false) }).default({ unschedulable: false }),
  status: z.strictObject({
    allocatable: z.record(z.string().min(1), quantity),
    capacity: z.record(z.string().min(1), quantity).optional(),
  }),
});

const namespaceObject = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Namespace"),
  metadata: clusterScopedMetadata,
});

const servicePort = z.strictObject({
  name: z.string().min(1).default(""),
  port: portNumber,
  targetPort: portNumber.optional(),
  protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP"),
  appProtocol: z.string().min(1).optional(),
});

const serviceObject = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata: manifestMetadata,
  spec: z.strictObject({
    type: z.literal("ClusterIP").optional(),
    clusterIP: z.literal("None").optional(),
    selector: labels,
    ports: z.array(servicePort).min(1).max(PORTS_MAX),
  }),
});

/** The weft.dev parsers take metadata as the API server sends it; what people write is held to less. */
const writtenResource = z.looseObject({
  metadata: manifestMetadata,
  status: z.undefined({ error: "is not yours to write" }).optional(),
});

const parsers: Readonly<Record<string, (object: unknown) => Parsed<Manifest>>> = {
  Node: (object) => map(parseObject(nodeObject, object), (value) => ({ kind: "Node", node: clusterNodeOf(value) })),
  Namespace: (object) =>
    map(parseObject(namespaceObject, object), ({ metadata }) => ({ kind: "Namespace", name: metadata.name })),
  Service: (object) => {
    const parsed = parseObject(serviceObject, object);
    if (parsed.kind === "rejected") return parsed;
    const { metadata, spec } = parsed.value;
    const service = serviceOf({ metadata, spec: { ...spec, ports: spec.ports.map(withoutAbsent) } });
    const declared = [service.sharing, service.balancing, ...(service.traffic?.rejections ?? [])];
    for (const one of declared) if (one?.kind === "rejected") return one;
    return { kind: "parsed", value: { kind: "Service", service } };
  },
  Deployment: (object) =>
    map(parseObject(deploymentObject, object), (value) => ({ kind: "Deployment", deployment: deploymentOf(value) })),
  HTTPRoute: (object) => writtenRoute(parseWritten(parseHttpRoute, object)),
  GRPCRoute: (object) => writtenRoute(parseWritten(parseGrpcRoute, object)),
  ServiceFunction: (object) =>
    map(parseWritten(parseServiceFunction, object), (serviceFunction) => ({
      kind: "ServiceFunction",
      serviceFunction,
    })),
  ServiceFunctionChain: (object) =>
    map(parseWritten(parseServiceFunctionChain, object), (chain) => ({ kind: "ServiceFunctionChain", chain })),
};

function parseObject<T>(schema: ZodType<T>, object: unknown): Parsed<T> {
  return parseWith(schema, object);
}

function parseWritten<T>(parse: (object: unknown) => Parsed<T>, object: unknown): Parsed<T> {
  const written = parseWith(writtenResource, object);
  return written.kind === "rejected" ? written : parse(object);
}

/** Whoever writes a file is told at once what is not carried out. */
function writtenRoute(parsed: Parsed<HttpRoute>): Parsed<Manifest> {
  if (parsed.kind === "rejected") return parsed;
  const [fault] = parsed.value.faults ?? [];
  if (fault !== undefined) return { kind: "rejected", field: fault.field, reason: fault.reason };
  return { kind: "parsed", value: { kind: "Route", route: parsed.value } };
}

function withoutAbsent({ targetPort, appProtocol, ...rest }: z.output<typeof servicePort>) {
  return {
    ...rest,
    ...(targetPort !== undefined && { targetPort }),
    ...(appProtocol !== undefined && { appProtocol }),
  };
}

function map<T, U>(parsed: Parsed<T>, onto: (value: T) => U): Parsed<U> {
  return parsed.kind === "parsed" ? { kind: "parsed", value: onto(parsed.value) } : parsed;
}
