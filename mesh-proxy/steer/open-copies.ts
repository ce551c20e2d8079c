/** Copies of a flow for the taps that it goes past. */
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { Direction } from "../codec/steering-tlvs.ts";
import { countBytes } from "../meter/count-bytes.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { toAll } from "../relay/copy-sink.ts";
import type { SocketGroup } from "../relay/socket-group.ts";
import { Tap } from "../relay/tap.ts";
import { chooseTap } from "../route/choose-destination.ts";
import type { RouteTable, TapRoute } from "../route/route-table.ts";
import { dialDirection, type FunctionFlow } from "./dial-function.ts";
import { dialMesh } from "./dial-mesh.ts";
import type { Leg } from "./leg.ts";

/** Taps of both directions. */
export interface FlowCopies {
  readonly request: readonly Tap[];
  readonly response: readonly Tap[];
}

export interface CopiedFlow {
  readonly table: RouteTable;
  readonly taps: readonly TapRoute[];
  readonly source: SocketEndpoint;
  /** As of the traffic that is copied. */
  readonly ttl: number;
}

const noCopies: FlowCopies = { request: [], response: [] };

/** Begins to dial the taps, and waits for none. */
export function openCopies(context: ProxyContext, flow: CopiedFlow): FlowCopies {
  if (flow.taps.length === 0) return noCopies;
  const openAll = (direction: Direction, taps: readonly TapRoute[]) =>
    taps.flatMap((route) => openTap(context, () => dialTap(context, flow, { route, direction })) ?? []);
  return {
    request: openAll("request", flow.taps),
    response: openAll(
      "response",
      flow.taps.filter(({ tap }) => tap.isSymmetric),
    ),
  };
}

/** Of traffic that comes to a tap itself instead of going past it, which it does while a function changes its mode. */
export function openOwnCopies(context: ProxyContext, flow: FunctionFlow): FlowCopies {
  const open = (direction: Direction) => openTap(context, () => dialOwn(context, flow, direction)) ?? [];
  return {
    request: [open("request")].flat(),
    response: flow.route.hop.isSymmetric ? [open("response")].flat() : [],
  };
}

/** Has the leg's flow copied, for as long as it lasts. */
export function withCopies(leg: Leg, { request, response }: FlowCopies): Leg {
  if (request.length === 0) return leg;
  followGroup(leg.group, { request, response });
  return { ...leg, requestTap: toAll(request), responseTap: toAll(response) };
}

/** A copy ends as the flow does. */
export function followGroup(group: SocketGroup, { request, response }: FlowCopies): void {
  for (const tap of request) group.follow(tap);
  for (const tap of response) group.follow(tap);
}

/** There is no flow after all. */
export function dropCopies({ request, response }: FlowCopies): void {
  for (const tap of [...request, ...response]) tap.flowOver(true);
}

/** Undefined, and counted, when there are too many copies. @param connect is begun later, and waited for by nobody */
export function openTap(context: ProxyContext, connect: () => Promise<ByteSocket | undefined>): Tap | undefined {
  const { clock, config, own, taps: book } = context;
  if (book.isFull) {
    own.loseCopy("limit");
    return undefined;
  }
  return new Tap({
    clock,
    book,
    patienceMs: config.connectTimeoutMs,
    // The flow's own connections are dialled first.
    connection: Promise.resolve()
      .then(connect)
      .catch(() => undefined),
    onLost: (loss) => own.loseCopy(loss),
    onLostBytes: (byteCount) => {
      own.lostCopyByteCount += byteCount;
    },
  });
}

async function dialTap(
  context: ProxyContext,
  { table, source, ttl }: CopiedFlow,
  { route, direction }: { readonly route: TapRoute; readonly direction: Direction },
): Promise<ByteSocket | undefined> {
  const result = await dialMesh(context, {
    table,
    source,
    mode: "connection",
    protocol: "tcp",
    copyOf: direction,
    choose: (isExcluded) => chooseTap(route, { source, ttl }, isExcluded),
  });
  if (result.kind === "failed") return undefined;
  countBytes(result.seriesFor("tcp"), result.socket, true);
  return result.socket;
}

async function dialOwn(
  context: ProxyContext,
  flow: FunctionFlow,
  direction: Direction,
): Promise<ByteSocket | undefined> {
  const result = await dialDirection(context, flow, direction);
  return result.kind === "connected" ? result.socket : undefined;
}
