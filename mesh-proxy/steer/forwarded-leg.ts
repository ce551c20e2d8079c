/** The leg of a flow that passes the function, to the next hop. */
import { FunctionTimer, timeFirstBytes } from "../meter/function-timer.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { toAll } from "../relay/copy-sink.ts";
import { pump } from "../relay/pump.ts";
import type { FunctionEnds } from "./dial-function.ts";
import type { MeshConnection } from "./dial-mesh.ts";
import type { Leg } from "./leg.ts";
import { meterConnection } from "./meter-connection.ts";
import { type FlowCopies, followGroup } from "./open-copies.ts";
import type { FunctionLegRequest } from "./open-function-leg.ts";
import { meshLeg } from "./open-leg.ts";
import { PathHeaderStage } from "./path-header-stage.ts";

export interface Forwarded {
  readonly next: MeshConnection;
  readonly ends: FunctionEnds;
  readonly copies: FlowCopies;
}

/** The function takes the flow's bytes, and what it gives back goes on. */
export function forwardedLeg(
  context: ProxyContext,
  { mode, counts }: FunctionLegRequest,
  { next, ends, copies }: Forwarded,
): Leg {
  const { group, endpoint, onward, health } = meshLeg(context, next, mode);
  const timer = new FunctionTimer(context.clock, counts);
  const tap = toAll(copies.request);
  group.add(ends.request);
  if (ends.response !== undefined) group.add(ends.response);
  followGroup(group, copies);
  if (mode === "request" && next.servicePath !== undefined) {
    const { servicePath } = next;
    new PathHeaderStage(context, { source: ends.request, next, servicePath, group, tap, timer });
  } else {
    const { seriesFor } = next;
    meterConnection(context, next.socket, { isDialled: true, seriesFor, onOutcome: health?.requestOver });
    timeFirstBytes(ends.request, timer);
    pump(ends.request, next.socket, tap);
  }
  if (ends.response !== undefined) {
    pump(next.socket, ends.response, toAll(copies.response));
    next.socket.resume();
  }
  ends.request.resume();
  const functionTimer = mode === "request" ? timer : undefined;
  const response = ends.response ?? next.socket;
  return { request: ends.request, response, group, endpoint, health, onward, functionTimer };
}
