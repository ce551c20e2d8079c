/**
 * Takes a connection that a function in mode Terminate opens for what goes on: it begins with a PROXY header that names the
 * client, and the place on a path to go on from, which is that of the flow at the function with its index counted down by one.
 */
import { advanceServicePath } from "../../core/model/service-path-header.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { Http1Gateway } from "../http1-gateway/http1-gateway.ts";
import type { RefusalReason } from "../meter/own-metrics.ts";
import { sourceFacts } from "../observe/flow-facts.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { AcceptedFlow } from "../relay/accepted-flow.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { chooseBehind, tapsBehind } from "../route/choose-destination.ts";
import type { ClassOf } from "../route/match/traffic-classes.ts";
import type { BranchRoute, RouteTable } from "../route/route-table.ts";
import type { MeshDial, SteeringMode } from "../steer/dial-mesh.ts";
import { JoinedConnection } from "../steer/joined-connection.ts";
import type { LegResult } from "../steer/leg.ts";
import { meterDialled } from "../steer/meter-connection.ts";
import { openMeshLeg } from "../steer/open-leg.ts";
import { type ProvedFlow, proofBehind } from "../steer/proof-behind.ts";
import { type Preface, readPreface } from "../steer/read-preface.ts";
import { answersByClass } from "./answers-by-class.ts";

type Refuse = (by: RefusalReason, reason: string) => void;

export async function acceptOnward(context: ProxyContext, socket: ByteSocket): Promise<void> {
  const { flows, own, log, clock, config } = context;
  const refuse: Refuse = (by, reason) => {
    own.refuseConnection(by);
    log.debug("refused a connection that a function opened", { by, reason });
    socket.reset();
  };
  if (context.isDraining()) return refuse("draining", "the proxy is draining");
  if (flows.isFull) return refuse("connection_limit", `there are ${flows.count} flows already`);
  const flow = new AcceptedFlow("onward from the function", socket, flows);
  const preface = await readPreface(socket, clock, config.prefaceTimeoutMs);
  if (preface.kind === "knock") return socket.reset();
  if (preface.kind === "refused") return refuse(preface.by, preface.reason);
  try {
    await carryOnward(context, { flow, socket, preface }, refuse);
  } catch (error) {
    log.error("a connection that a function opened failed", { error: messageOf(error) });
    socket.reset();
  }
}

interface Onward {
  readonly flow: AcceptedFlow;
  readonly socket: ByteSocket;
  readonly preface: Preface;
}

async function carryOnward(context: ProxyContext, onward: Onward, refuse: Refuse): Promise<void> {
  const { source, tlvs } = onward.preface;
  const table = context.routes();
  const said = tlvs.servicePath;
  const place = said && table?.onwardFrom(said.spi, said.serviceIndex);
  if (said === undefined || table === undefined || place === undefined)
    return refuse("function_misroutes", "its PROXY header names no place to go on from");
  const { hop, classes } = place.route;
  const servicePath = { spi: hop.spi, serviceIndex: hop.serviceIndex, ttl: said.ttl };
  const advanced = advanceServicePath(servicePath);
  if (advanced.kind === "rejected") return refuse("ttl_expired", advanced.reason);
  const ways: Ways = {
    // What the function says goes before what its traffic is like.
    classOf: place.branch === undefined && classes !== undefined ? classes.forConnection(source) : () => place.branch,
    open: (branch, mode) =>
      openOnward(context, { table, route: place.route, branch, source, servicePath, mode, proof: tlvs.proof }),
  };
  if (hop.protocol === "http1") carryRequests(context, onward, ways);
  else await carryConnection(context, onward, ways, refuse);
}

/** On along the path, or along branches. */
interface Ways {
  readonly classOf: ClassOf<BranchRoute | undefined>;
  readonly open: (branch: BranchRoute | undefined, mode: SteeringMode) => Promise<LegResult>;
}

function carryRequests(
  context: ProxyContext,
  { flow, socket, preface: { rest, source } }: Onward,
  { classOf, open }: Ways,
): void {
  const route = answersByClass(classOf, (branch) => ({
    kind: "leg",
    key: branch?.chain ?? "",
    fits: () => true,
    open: () => open(branch, "request"),
  }));
  const onClosed = () => flow.over();
  const facts = onwardFacts(context, source);
  const gateway = new Http1Gateway(context, { downstream: socket, facts, route, repeats: true, onClosed });
  if (rest.to === rest.from || gateway.take(rest.bytes, rest.from, rest.to)) socket.resume();
  flow.become(gateway);
}

async function carryConnection(
  context: ProxyContext,
  { flow, socket, preface: { rest, source } }: Onward,
  { classOf, open }: Ways,
  refuse: Refuse,
): Promise<void> {
  const result = await open(classOf(), "connection");
  if (result.kind === "failed") return refuse(result.by, result.reason);
  const { leg } = result;
  if (leg.mesh === undefined || leg.group.isFailed || socket.isClosed) {
    leg.group.reset();
    socket.reset();
    return;
  }
  const meter = meterDialled(context, leg, { mesh: leg.mesh, facts: onwardFacts(context, source) });
  flow.become(new JoinedConnection(context, { flow, downstream: socket, leg, meter }));
  if (rest.to === rest.from || socket.onBytes(rest.bytes, rest.from, rest.to)) socket.resume();
}

/** What a function sends on is of its own pod. */
function onwardFacts({ routes }: ProxyContext, source: Preface["source"]): FlowFacts {
  return sourceFacts(routes()?.self, source);
}

interface OnwardDial extends ProvedFlow {
  readonly table: RouteTable;
  readonly mode: SteeringMode;
}

function openOnward(context: ProxyContext, dial: OnwardDial): Promise<LegResult> {
  const { table, route, source, mode, servicePath } = dial;
  const choose: MeshDial["choose"] = (isExcluded) => chooseBehind(dial, isExcluded);
  // It was signed when the function got the flow, and the function hands it on.
  const proof = proofBehind(dial, false);
  return openMeshLeg(
    context,
    { table, source, mode, protocol: route.hop.protocol, proof, choose },
    { taps: tapsBehind(dial), ttl: servicePath.ttl - 1 },
  );
}
