/**
 * A connection through a function that says itself where it goes on (RFC 7665, section 4.8): what the function gives back begins
 * with a PROXY header. It may want to see bytes of the flow first, so the connection is taken before anything behind the function
 * is. On HTTP/1.1 functions speak of requests: steer/open-branching-leg.ts.
 */
import { Buffer } from "node:buffer";
import { advanceServicePath } from "../../core/model/service-path-header.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { flagOfRefusal } from "../observe/response-flag.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { pump } from "../relay/pump.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { type ChosenWay, chosenWay } from "../steer/chosen-way.ts";
import { dialFunction, type FunctionEnds } from "../steer/dial-function.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import { type FunctionLegRequest, openFunctionLeg } from "../steer/open-function-leg.ts";
import { type PrefaceResult, readPreface } from "../steer/read-preface.ts";
import type { Inbound } from "./accept-inbound.ts";
import { beginConnection, passRest } from "./begin-connection.ts";

/** @returns false, and has done nothing, when there is no function to ask */
export async function carryReclassified(
  context: ProxyContext,
  inbound: Inbound,
  request: FunctionLegRequest,
): Promise<boolean> {
  if (advanceServicePath(request.servicePath).kind === "rejected") return false;
  const ends = await dialFunction(context, request);
  if (ends.kind === "failed") return false;
  const { flow, socket } = inbound;
  const { counts: hop } = request;
  const group = groupOf(context, inbound, ends);
  const refuse = (by: RefusalReason, reason: string) => {
    context.own.refuseConnection(by);
    hop.fail(by);
    meter.brokenBy = flagOfRefusal(by);
    context.log.debug("a flow ends behind a function that re-classifies", { by, reason });
    group.reset();
    return true;
  };
  const meter = beginConnection(context, inbound, hop);
  pump(socket, ends.request);
  passRest(inbound, meter);
  const said = await readPreface(ends.request, context.clock);
  const choice = choiceOf(said, request);
  if (choice.kind === "none") return refuse("function_misroutes", choice.reason);
  if (said.kind === "preface")
    ends.request.putBack(Buffer.from(said.rest.bytes.subarray(said.rest.from, said.rest.to)));
  const result = await openFunctionLeg(context, { ...request, ends, branch: choice.branch });
  if (result.kind === "failed") return refuse(result.by, result.reason);
  if (group.isFailed || socket.isClosed) {
    result.leg.group.reset();
    socket.reset();
    return true;
  }
  flow.become(new JoinedConnection(context, { flow, downstream: socket, leg: result.leg, meter, hop }));
  return true;
}

/** Until the flow goes on, it is the connections to both sides of the function that end together. */
function groupOf({ own }: ProxyContext, { flow, socket }: Inbound, { request, response }: FunctionEnds): SocketGroup {
  const group = new SocketGroup();
  group.onFailed = () => own.failedFlowCount++;
  group.onEmpty = () => flow.over();
  for (const one of [socket, request, response]) if (one !== undefined) group.add(one);
  flow.become({
    get byteCount() {
      return group.byteCount;
    },
    drain: () => {},
    cut: () => group.reset(),
  });
  return group;
}

function choiceOf(said: PrefaceResult, request: FunctionLegRequest): ChosenWay {
  if (said.kind === "refused") return { kind: "none", reason: said.reason };
  const chosen = said.kind === "preface" ? said.tlvs.servicePath : undefined;
  if (chosen === undefined) return { kind: "none", reason: "its PROXY header names no path" };
  return chosenWay(chosen, request);
}
