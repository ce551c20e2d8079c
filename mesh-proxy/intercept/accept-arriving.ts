/** Takes a connection that was dialled at the pod's application, by whoever has no proxy or goes past it, and that the kernel redirected. */
import { Buffer } from "node:buffer";
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import type { Inbound } from "../inbound/accept-inbound.ts";
import { type AuthorizedPart, accessRefusal } from "../inbound/authorize.ts";
import { carryConnection } from "../inbound/carry-connection.ts";
import { carryJudgedRequests } from "../inbound/carry-judged-requests.ts";
import { transportRefusal } from "../inbound/transport-refusal.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { unknownPeer } from "../meter/traffic-labels.ts";
import { destinationFacts } from "../observe/flow-facts.ts";
import { watchRefusal } from "../observe/flow-watch.ts";
import { isProxyPort } from "../proxy-config.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { destinationOf } from "./original-destination.ts";

const nothing = { bytes: Buffer.alloc(0), from: 0, to: 0 };

/** In plaintext without a header, so it is nobody to policies; where it comes from a pod of the mesh, it is counted as that pod's. */
export async function acceptArriving(context: ProxyContext, calls: SystemCalls, socket: ByteSocket): Promise<void> {
  const { config, flows, own, log } = context;
  const table = context.routes();
  const address = canonicalIpAddress(socket.socket.remoteAddress ?? "");
  const source = { address, port: socket.socket.remotePort ?? 0 };
  const peer = table?.peerAt(address) ?? unknownPeer;
  const facts = destinationFacts({ self: table?.self, peer, client: source, identity: undefined });
  const refuse = (by: RefusalReason, reason: string) => {
    own.refuseConnection(by);
    log.debug("refused an intercepted connection to the pod", { by, reason, address });
    watchRefusal(context.observer, facts, by, context.clock.nowMs());
    socket.reset();
  };
  if (context.isDraining()) return refuse("draining", "the proxy is draining");
  if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
  if (table === undefined) return refuse("no_snapshot", "there is no snapshot yet");
  const destination = destinationOf(calls, socket);
  if (destination === undefined || isProxyPort(config, destination.port))
    return refuse("not_intercepted", "it was dialled at the proxy's own port");
  const judgesRequests = table.access.judgesRequests(destination.port);
  const unwanted = refusalOf(context, { table, socket, port: destination.port, facts }, judgesRequests);
  if (unwanted !== undefined) return refuse(unwanted.by, unwanted.reason);
  const flow = new AcceptedFlow(`inbound past the mesh from ${address}`, socket, flows);
  flow.source = source;
  const preface = { source, destination, tlvs: {}, rest: nothing };
  // What listens on the loopback alone is not for those outside.
  const appHost = destination.address;
  const inbound: Inbound = { table, peer, flow, socket, preface, appHost, facts };
  try {
    if (judgesRequests) await carryJudgedRequests(context, inbound, refuse);
    else await carryConnection(context, inbound, refuse);
  } catch (error) {
    log.error("an intercepted connection to the pod failed", { error: messageOf(error) });
    socket.reset();
  }
}

interface Refusal {
  readonly by: RefusalReason;
  readonly reason: string;
}

function refusalOf(context: ProxyContext, part: AuthorizedPart, judgesRequests: boolean): Refusal | undefined {
  const unwanted = transportRefusal(context, part.table, { port: part.port, isSecured: false });
  if (unwanted !== undefined || judgesRequests) return unwanted;
  const reason = accessRefusal(context, part);
  return reason === undefined ? undefined : { by: "access_denied", reason };
}
