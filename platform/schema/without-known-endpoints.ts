/**
 * Snapshots are lists of endpoints for the most part, thousands of them, and always the same few but for their weights. Here all but the
 * first of the same are left out, so that a schema has little to check of a snapshot that is sound.
 */

interface Known {
  readonly byPod: Map<unknown, Fields>;
  readonly endpointsMax: number;
}

type Fields = Readonly<Record<string, unknown>>;

const FIELD_COUNT = 5;

/**
 * If a schema takes the answer it takes the input too, as long as it asks of lists of endpoints (`next`, `endpoints`) only that they are
 * no longer than `endpointsMax`, and of an endpoint's weight that it is a number of at least 0. Undefined for what is no snapshot.
 */
export function withoutKnownEndpoints(input: unknown, endpointsMax: number): unknown {
  const known: Known = { byPod: new Map(), endpointsMax };
  if (!isFields(input) || !Array.isArray(input.hops) || !Array.isArray(input.upstreams)) return undefined;
  const hops = input.hops.map((hop: unknown) => thinned(hop, "next", known));
  const upstreams = input.upstreams.map((upstream: unknown) => thinned(upstream, "endpoints", known));
  return { ...input, hops, upstreams };
}

function thinned(item: unknown, list: string, known: Known): unknown {
  if (!isFields(item)) return item;
  const endpoints = item[list];
  if (!Array.isArray(endpoints) || endpoints.length > known.endpointsMax) return item;
  return { ...item, [list]: endpoints.filter((endpoint: unknown) => !isKnown(endpoint, known)) };
}

function isKnown(endpoint: unknown, { byPod }: Known): boolean {
  if (!isFields(endpoint)) return false;
  const { pod, address, port, appPort, weight } = endpoint;
  const first = byPod.get(pod);
  if (first === undefined) byPod.set(pod, endpoint);
  return (
    first !== undefined &&
    address === first.address &&
    port === first.port &&
    appPort === first.appPort &&
    typeof weight === "number" &&
    weight >= 0 &&
    weight < Number.POSITIVE_INFINITY &&
    Object.keys(endpoint).length === FIELD_COUNT
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
