import { z } from "zod";
import type { MeshPolicy } from "../../core/model/mesh-policy.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { parseWith } from "./parse-with.ts";
import {
  accessAction,
  accessEntriesMax,
  hostPattern,
  identityPattern,
  methodName,
  modePortsMax,
  mtlsMode,
  pathPattern,
} from "./pod-access.ts";
import { resourceObject } from "./resource-object.ts";
import { ruled } from "./ruled.ts";
import { labelName, labels, portNumber } from "./scalars.ts";

const RULES_MAX = 32;
const SOURCES_MAX = 16;

const port = portNumber.meta({ format: "int32" });

function list<T extends z.ZodType>(of: T, description: string) {
  return z.array(of).min(1).max(accessEntriesMax).describe(description).optional();
}

const mtls = z.strictObject({
  mode: mtlsMode
    .optional()
    .describe(
      "Strict takes TLS only, Permissive TLS and plaintext, Off plaintext only. Unless said, Permissive for pods with certificates, Off for others.",
    ),
  ports: ruled(
    z
      .array(z.strictObject({ port: port.describe("A port of the pod's application."), mode: mtlsMode }))
      .max(modePortsMax),
    {
      cel: "self.all(x, self.exists_one(y, y.port == x.port))",
      message: "must name each port once",
      holds: (ports) => new Set(ports.map((one) => one.port)).size === ports.length,
    },
  )
    .optional()
    .describe("Modes of single ports, which go before the mode."),
});

const source = z.strictObject({
  identities: list(
    identityPattern,
    "SPIFFE ids, such as spiffe://cluster.local/ns/core/sa/amf; one that ends in * is any that begins so.",
  ),
  namespaces: list(labelName, "Namespaces of SPIFFE ids."),
});

const target = z.strictObject({
  ports: list(port, "Ports of the pod's application or function."),
  methods: list(methodName, "Methods of HTTP/1.1 requests."),
  paths: list(pathPattern, "Paths of HTTP/1.1 requests, without the query; one that ends in * is any that begins so."),
  hosts: list(hostPattern, "Hosts of HTTP/1.1 requests, without the port; *.example.org is any below."),
});

const rule = z.strictObject({
  name: labelName.optional().describe("For metrics and logs; its place in the list unless given."),
  action: accessAction.describe(
    "Deny refuses, whatever else holds. With any Allow in force for a pod, what no Allow holds of is refused. Audit counts and logs.",
  ),
  from: z
    .array(source)
    .max(SOURCES_MAX)
    .optional()
    .describe("Who: any of these, of which all that is given must hold; anybody unless given. Plaintext is nobody."),
  to: z
    .array(target)
    .max(SOURCES_MAX)
    .optional()
    .describe(
      "What: any of these, of which all that is given must hold; anything unless given. Where requests are not seen, methods, paths and hosts never allow, and always deny.",
    ),
});

export const meshPolicySpec = ruled(
  z.strictObject({
    selector: z
      .strictObject({ matchLabels: labels.optional().describe("Labels that a pod must all have.") })
      .optional()
      .describe("Which pods of the namespace; all unless given."),
    mtls: mtls.optional().describe("Under which transport traffic to the pods comes."),
    authorization: z
      .array(rule)
      .max(RULES_MAX)
      .optional()
      .describe("Who may do what. The rules of all policies of a pod count together."),
  }),
  {
    cel: "has(self.mtls) || has(self.authorization)",
    message: "must have mtls or authorization",
    holds: (spec) => spec.mtls !== undefined || spec.authorization !== undefined,
  },
);

const schema = resourceObject("MeshPolicy", meshPolicySpec).transform(
  ({ metadata, spec }): MeshPolicy => ({
    namespace: metadata.namespace,
    name: metadata.name,
    selector: spec.selector?.matchLabels ?? {},
    mode: spec.mtls?.mode,
    ports: spec.mtls?.ports ?? [],
    rules: (spec.authorization ?? []).map(({ name, action, from = [], to = [] }, at) => ({
      name: name ?? String(at),
      action,
      from,
      to,
    })),
  }),
);

export function parseMeshPolicy(object: unknown): Parsed<MeshPolicy> {
  return parseWith(schema, object);
}
