/** Chains that our own parser and the API server must both reject, naming the same field. */
import { chainManifest } from "./chain-manifest.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

export interface BadObject {
  readonly name: string;
  readonly object: KubernetesObject;
  readonly field: string;
  /** What our own parser says of it. */
  readonly reason: RegExp;
}

const from = { matchLabels: { app: "upf" } };
const to = { service: "dn", port: 8080 };

export const badChains: readonly BadObject[] = [
  bad("no classifier", "spec.classifier", /expected object/, { classifier: undefined }),
  bad("a classifier that selects nothing", "spec.classifier.from.matchLabels", /at least one label/, {
    classifier: { from: { matchLabels: {} }, to },
  }),
  bad("port 0", "spec.classifier.to.port", />=1/, { classifier: { from, to: { service: "dn", port: 0 } } }),
  bad("a service name with an underscore", "spec.classifier.to.service", /lower-case letters/, {
    classifier: { from, to: { service: "d_n", port: 80 } },
  }),
  bad("no functions", "spec.functions", /at least one/, { functions: [] }),
  bad("a loop", "spec.functions", /twice, which would be a loop/, { functions: ["dpi", "nat", "dpi"] }),
  bad("more functions than service indices", "spec.functions", /at most 255/, {
    functions: Array.from({ length: 256 }, (_, index) => `f${index}`),
  }),
  bad("a function name in capitals", "spec.functions[1]", /lower-case letters/, { functions: ["dpi", "NAT"] }),
  bad("a demand of 0", "spec.demand.bytesPerSecond", /more than 0/, { demand: { bytesPerSecond: 0 } }),
  bad("a demand that is no quantity", "spec.demand.bytesPerSecond", /quantity/, { demand: { bytesPerSecond: "fast" } }),
  bad("a demand of quantity 0", "spec.demand.bytesPerSecond", /more than 0/, { demand: { bytesPerSecond: "0M" } }),
  bad("a latency budget of 0", "spec.latencyBudgetMs", />0/, { latencyBudgetMs: 0 }),
  bad("a priority below 0", "spec.priority", />=0/, { priority: -1 }),
  bad("a priority that is text", "spec.priority", /expected number|expected int/, { priority: "high" }),
  bad("an unknown field", "spec.symetric", /unknown field/, { symetric: true }),
];

function bad(name: string, field: string, reason: RegExp, spec: Readonly<Record<string, unknown>>): BadObject {
  return { name, field, reason, object: chainManifest(spec) };
}
