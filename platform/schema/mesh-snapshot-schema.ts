/** The mesh snapshot, as it travels from mesh-control to a proxy. */
import { z } from "zod";
import { balancingPolicies } from "../../core/model/balancing.ts";
import { chainBranchesMax, failurePolicies, functionModes, serviceIndexMax, spiMax } from "../../core/model/chain.ts";
import {
  type MeshSnapshot,
  proofModes,
  snapshotUpstreamsMax,
  upstreamRulesMax,
} from "../../core/model/mesh-snapshot.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { mirrorsMax } from "../../core/model/request-rule.ts";
import { appProtocols } from "../../core/model/service.ts";
import { upstreamMatchesMax } from "../../core/model/traffic-match.ts";
import { parseWith } from "./parse-with.ts";
import { podAccess, spiffeId } from "./pod-access.ts";
import { percent, requestChanges, ruleActions } from "./request-rule-schema.ts";
import { portNumber } from "./scalars.ts";
import { trafficMatch } from "./traffic-match-schema.ts";
import { portRateLimitSchema, trafficPolicySchema } from "./traffic-policy-schema.ts";
import { withoutKnownEndpoints } from "./without-known-endpoints.ts";

const TEXT_LENGTH_MAX = 512;
const PEERS_MAX = 100_000;
const ENDPOINTS_MAX = 10_000;
const TAPS_MAX = serviceIndexMax;
const UPSTREAMS_MAX = snapshotUpstreamsMax;
const HOPS_MAX = 10_000;
const PORTS_MAX = 1000;
const BACKENDS_MAX = 16;
/** A Service has one of each family; more are of several clusters' making. */
const ADDRESSES_MAX = 16;

const text = z.string().max(TEXT_LENGTH_MAX);
const name = text.min(1);
const address = z.union([z.ipv4(), z.ipv6()], { error: "must be an IP address" });
const version = z.int().min(0);
const protocol = z.enum(appProtocols);
const key = z.string().regex(/^[0-9a-f]{64}$/, { error: "must be 64 hexadecimal digits" });
const podKey = text.regex(/^[^/]+\/[^/]+$/, { error: "must be namespace/name" });

const peer = z.strictObject({
  pod: podKey,
  address,
  workload: text,
  node: text,
  app: text,
  identity: spiffeId.optional(),
  plainPorts: z.array(portNumber).max(PORTS_MAX).optional(),
  tlsPorts: z.array(portNumber).max(PORTS_MAX).optional(),
});

const endpoint = z.strictObject({
  pod: podKey,
  address,
  port: portNumber,
  appPort: portNumber,
  weight: z.number().min(0),
});

const serviceIndex = z.int().min(0).max(serviceIndexMax);

const tap = z.strictObject({
  function: name,
  serviceIndex,
  isSymmetric: z.boolean(),
  next: z.array(endpoint).max(ENDPOINTS_MAX),
});

const path = z.strictObject({
  chain: name,
  spi: z.int().min(1).max(spiMax),
  serviceIndex,
  next: z.array(endpoint).max(ENDPOINTS_MAX),
  taps: z.array(tap).max(TAPS_MAX).optional(),
});

const upstreamPath = path.extend({ isProved: z.boolean().optional() });

const upstreamMatch = z.strictObject({
  chain: name,
  when: trafficMatch,
  path: upstreamPath.optional(),
  isBlocked: z.boolean().optional(),
});

const upstreamRule = z.strictObject({
  route: podKey,
  when: trafficMatch,
  backends: z
    .array(
      z.strictObject({
        namespace: name,
        service: name,
        weight: z.number().positive(),
        endpoints: z.array(endpoint).max(ENDPOINTS_MAX),
        traffic: trafficPolicySchema.optional(),
        isMissing: z.boolean().optional(),
        changes: requestChanges.optional(),
      }),
    )
    .max(BACKENDS_MAX),
  mirrors: z
    .array(z.strictObject({ namespace: name, service: name, percent, endpoints: z.array(endpoint).max(ENDPOINTS_MAX) }))
    .max(mirrorsMax)
    .optional(),
  ...ruleActions,
});

const upstream = z.strictObject({
  listenPort: portNumber.optional(),
  addresses: z.array(address).max(ADDRESSES_MAX).optional(),
  isHeadless: z.boolean().optional(),
  isUndeclared: z.boolean().optional(),
  namespace: name,
  service: name,
  port: portNumber,
  protocol,
  endpoints: z.array(endpoint).max(ENDPOINTS_MAX),
  balancing: z.enum(balancingPolicies).optional(),
  traffic: trafficPolicySchema.optional(),
  path: upstreamPath.optional(),
  matches: z.array(upstreamMatch).max(upstreamMatchesMax).optional(),
  rules: z.array(upstreamRule).max(upstreamRulesMax).optional(),
});

const hopBranch = z.strictObject({ chain: name, when: trafficMatch.optional(), path: upstreamPath.optional() });

const localFunction = z.strictObject({
  name,
  port: portNumber,
  hasProxyProtocol: z.boolean(),
  failurePolicy: z.enum(failurePolicies),
  mode: z.enum(functionModes),
  isReclassifying: z.boolean().optional(),
});

const hop = z.strictObject({
  ...path.shape,
  function: localFunction,
  nextServiceIndex: serviceIndex.optional(),
  isSymmetric: z.boolean(),
  branches: z.array(hopBranch).max(chainBranchesMax).optional(),
  proofKey: key.optional(),
  protocol,
});

const proof = z.strictObject({
  mode: z.enum(proofModes),
  keys: z
    .array(
      z.strictObject({ serviceIndex: z.int().min(1).max(serviceIndexMax), key, isOptional: z.boolean().optional() }),
    )
    .max(serviceIndexMax),
});

const arrival = z.strictObject({ chain: name, spi: path.shape.spi, proof: proof.optional() });

const meshSnapshot = z.strictObject({
  version,
  proxy: podKey,
  peers: z.array(peer).max(PEERS_MAX),
  upstreams: z.array(upstream).max(UPSTREAMS_MAX),
  hops: z.array(hop).max(HOPS_MAX),
  arrivals: z.array(arrival).max(HOPS_MAX).optional(),
  access: podAccess.optional(),
  rateLimits: z.array(portRateLimitSchema).max(PORTS_MAX).optional(),
});

/** The shape only; whether the snapshot contradicts itself is for the proxy to judge. */
export function parseMeshSnapshot(input: unknown): Parsed<MeshSnapshot> {
  const short = withoutKnownEndpoints(input, ENDPOINTS_MAX);
  if (meshSnapshot.safeParse(short).success) return { kind: "parsed", value: input as MeshSnapshot };
  return parseWith<MeshSnapshot>(meshSnapshot, input);
}
