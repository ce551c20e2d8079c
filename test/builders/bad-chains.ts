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

const supi = (match: Readonly<Record<string, string>>) => ({ from, to, http: { supis: [match] } });
const http = (keys: Readonly<Record<string, unknown>>) => ({ from, to, http: keys });

export const badChains: readonly BadObject[] = [
  bad("no classifier", "spec.classifier", /expected object/, { classifier: undefined }),
  bad("a classifier that selects nothing", "spec.classifier.from.matchLabels", /at least one label/, {
    classifier: { from: { matchLabels: {} }, to },
  }),
  badClassifier("from nowhere", "from", /matchLabels or cidrs/, { from: {}, to }),
  badClassifier("from half a block", "from.cidrs[0]", /block such as/, { from: { cidrs: ["10.45.0.0"] }, to }),
  badClassifier("from no block of IPv4", "from.cidrs[1]", /block such as/, {
    from: { cidrs: ["fd00::/8", "10.256.0.0/8"] },
    to,
  }),
  badClassifier("with no key of http", "http", /at least one key/, http({})),
  badClassifier("with a list of nothing", "http.hosts", />=1|at least/, http({ hosts: [] })),
  badClassifier(
    "with a regular expression for a host",
    "http.hosts[0]",
    /name in lower case/,
    http({ hosts: ["udm.*"] }),
  ),
  badClassifier(
    "with an encoded path",
    "http.paths[0].value",
    /without .* '%'/,
    http({ paths: [{ value: "/a%2fb" }] }),
  ),
  badClassifier(
    "with a path of an unknown type",
    "http.paths[0].type",
    /Exact/,
    http({ paths: [{ type: "Regex", value: "/a" }] }),
  ),
  badClassifier("with a method in small letters", "http.methods[0]", /method such as GET/, http({ methods: ["get"] })),
  badClassifier(
    "with a header without a name",
    "http.headers[0].name",
    /name of a header/,
    http({ headers: [{ name: "", value: "a" }] }),
  ),
  badClassifier("with a SUPI of no kind", "http.supis[0].value", /begin with imsi-/, supi({ value: "20893" })),
  badClassifier(
    "with a SUPI that is both",
    "http.supis[0]",
    /value, or start and end/,
    supi({ value: "imsi-1", start: "20893", end: "20894" }),
  ),
  badClassifier(
    "with half a range",
    "http.supis[0]",
    /value, or start and end/,
    supi({ type: "Range", start: "20893" }),
  ),
  badClassifier(
    "with a range that ends before it starts",
    "http.supis[0]",
    /end at or behind/,
    supi({ type: "Range", start: "20894", end: "20893" }),
  ),
  badClassifier(
    "with a range of letters",
    "http.supis[0].start",
    /digits/,
    supi({ type: "Range", start: "imsi-20893", end: "20894" }),
  ),
  badClassifier("with tls and http", "", /exclude each other/, {
    ...http({ hosts: ["a"] }),
    tls: { serverNames: ["a"] },
  }),
  badClassifier("from branches and from pods", "from", /branches alone/, { from: { ...from, branches: true }, to }),
  badClassifier("from branches with keys", "", /from.branches excludes/, {
    ...http({ hosts: ["a"] }),
    from: { branches: true },
  }),
  badClassifier("with an unknown key", "http.path", /unknown field/, http({ hosts: ["a"], path: "/" })),
  bad("port 0", "spec.classifier.to.port", />=1/, { classifier: { from, to: { service: "dn", port: 0 } } }),
  bad("a service name with an underscore", "spec.classifier.to.service", /lower-case letters/, {
    classifier: { from, to: { service: "d_n", port: 80 } },
  }),
  bad("a branch behind no function of its own", "spec", /after functions of the chain/, {
    branches: [{ after: "nat", to: "b" }],
  }),
  bad("a branch without keys in its match", "spec.branches[0].match", /cidrs or http/, {
    branches: [{ after: "dpi", match: {}, to: "b" }],
  }),
  bad("a branch that leads nowhere", "spec.branches[0].to", /expected string/, { branches: [{ after: "dpi" }] }),
  bad("too many branches", "spec.branches", /<=8|at most/, {
    branches: Array.from({ length: 9 }, () => ({ after: "dpi", to: "b" })),
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

function badClassifier(name: string, field: string, reason: RegExp, classifier: unknown): BadObject {
  const path = field === "" ? "spec.classifier" : `spec.classifier.${field}`;
  return bad(`a classifier ${name}`, path, reason, { classifier });
}

function bad(name: string, field: string, reason: RegExp, spec: Readonly<Record<string, unknown>>): BadObject {
  return { name, field, reason, object: chainManifest(spec) };
}
