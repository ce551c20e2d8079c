/** The file that `weft split` reads. */
import { z } from "zod";
import { wrongWithRoute } from "../../core/graph/route-matrix.ts";
import { underlayOf } from "../../core/graph/underlay.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import type { NetworkChain, NetworkInstance, Routing, SplitNetwork } from "../../core/model/split-network.ts";
import { parseWith } from "./parse-with.ts";

const NAMES_MAX = 100_000;
const ROUTES_MAX = 1_000_000;

const name = z.string().min(1).max(253);
const positive = z.number().positive();

const chain = z.strictObject({
  name,
  source: name.describe("Node where the demand begins."),
  destination: name.describe("Node where it ends."),
  functions: z.array(name).max(255),
  demand: z.number().min(0),
  scaling: z.array(positive).max(255).describe("Out per in, one for each function."),
  latencyMsMax: positive.optional().describe("No traffic of the chain takes a way whose links take longer."),
});

const route = z.strictObject({
  from: name,
  to: name,
  links: z.array(z.strictObject({ link: z.int().min(0), share: positive.max(1) })).min(1),
});

const link = z.strictObject({ from: name, to: name, capacity: positive, latencyMs: positive });
const instance = z.strictObject({ name, node: name, capacity: positive });

const network = z
  .strictObject({
    name: z.string(),
    routing: z.enum(["ecmp", "matrix", "free"]),
    routes: z
      .array(route)
      .max(ROUTES_MAX)
      .optional()
      .describe("With matrix: of each pair of nodes, its shares of links."),
    nodes: z.array(name).min(1).max(NAMES_MAX),
    links: z.array(link).max(NAMES_MAX),
    functions: z.record(name, z.array(instance).min(1).max(NAMES_MAX)),
    chains: z.array(chain).min(1).max(NAMES_MAX),
  })
  .superRefine((value, context) => {
    for (const { path, message } of contradictionsOf(value)) {
      context.addIssue({ code: "custom", path: [...path], message });
      // The first is enough to name, and a network may have very many.
      return;
    }
  });

type NetworkFile = z.output<typeof network>;

export function parseSplitNetwork(input: unknown): Parsed<SplitNetwork> {
  const parsed = parseWith(network, input);
  return parsed.kind === "parsed" ? { kind: "parsed", value: splitNetworkOf(parsed.value) } : parsed;
}

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function* contradictionsOf(file: NetworkFile): Generator<Contradiction> {
  yield* doubledNames(file.nodes, ["nodes"]);
  yield* doubledNames(file.chains, ["chains"]);
  const nodes = new Set(file.nodes);
  const missingNode = (path: Contradiction["path"], node: string): Contradiction[] =>
    nodes.has(node) ? [] : [{ path, message: `${node} is not among the nodes` }];
  for (const [index, { from, to }] of file.links.entries()) {
    yield* missingNode(["links", index, "from"], from);
    yield* missingNode(["links", index, "to"], to);
    if (from === to) yield { path: ["links", index, "to"], message: "a link leads to another node" };
  }
  for (const [ofFunction, instances] of Object.entries(file.functions)) {
    yield* doubledNames(instances, ["functions", ofFunction]);
    for (const [index, { node }] of instances.entries())
      yield* missingNode(["functions", ofFunction, index, "node"], node);
  }
  yield* wrongRoutes(file, missingNode);
  for (const [index, { source, destination, functions, scaling }] of file.chains.entries()) {
    yield* missingNode(["chains", index, "source"], source);
    yield* missingNode(["chains", index, "destination"], destination);
    for (const [position, ofFunction] of functions.entries())
      if (!Object.hasOwn(file.functions, ofFunction))
        yield { path: ["chains", index, "functions", position], message: `${ofFunction} is not among the functions` };
    if (scaling.length !== functions.length)
      yield {
        path: ["chains", index, "scaling"],
        message: `has ${scaling.length} factors for ${functions.length} functions`,
      };
  }
}

function* wrongRoutes(
  { routing, routes, nodes, links }: NetworkFile,
  missingNode: (path: Contradiction["path"], node: string) => readonly Contradiction[],
): Generator<Contradiction> {
  if ((routing === "matrix") !== (routes !== undefined)) {
    const message = routing === "matrix" ? "a matrix needs them" : `with routing ${routing} none are given`;
    yield { path: ["routes"], message };
  }
  const given = routes ?? [];
  yield* doubledNames(
    given.map(({ from, to }) => JSON.stringify([from, to])),
    ["routes"],
  );
  for (const [index, { from, to, links: shares }] of given.entries()) {
    yield* missingNode(["routes", index, "from"], from);
    yield* missingNode(["routes", index, "to"], to);
    const stranger = shares.findIndex(({ link: of }) => of >= links.length);
    if (stranger >= 0)
      yield { path: ["routes", index, "links", stranger, "link"], message: `there are ${links.length} links` };
    const ofLinks = shares.map(({ link: of }) => String(of));
    yield* doubledNames(ofLinks, ["routes", index, "links"]);
  }
  const { columns, indexOf } = underlayOf(nodes, links);
  for (const [index, { from, to, links: shares }] of given.entries()) {
    const message = wrongWithRoute(shares, indexOf(from), indexOf(to), columns);
    if (message !== undefined) yield { path: ["routes", index], message };
  }
}

function* doubledNames(
  members: readonly (string | { readonly name: string })[],
  path: readonly (string | number)[],
): Generator<Contradiction> {
  const seen = new Set<string>();
  for (const [index, member] of members.entries()) {
    const own = typeof member === "string" ? member : member.name;
    if (seen.has(own)) yield { path: [...path, index], message: `${own} is named twice` };
    seen.add(own);
  }
}

function splitNetworkOf(file: NetworkFile): SplitNetwork {
  const functions = new Map<string, readonly NetworkInstance[]>(Object.entries(file.functions));
  const chains = file.chains.map(
    ({ source, destination, latencyMsMax, ...rest }): NetworkChain => ({
      ...rest,
      sources: [{ name: source, node: source, share: 1 }],
      destinations: [{ name: destination, node: destination, capacity: Infinity }],
      latencyMsMax,
    }),
  );
  return { name: file.name, routing: routingOf(file), nodes: file.nodes, links: file.links, functions, chains };
}

function routingOf({ routing: kind, routes = [] }: NetworkFile): Routing {
  return kind === "matrix" ? { kind, routes } : { kind };
}
