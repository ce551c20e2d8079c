/** Legs of HTTP/1.1 through a function behind which requests branch off. */
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { readServicePathOfHead } from "../codec/http1/rewrite-head.ts";
import { FunctionTimer } from "../meter/function-timer.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type CopySink, toAll } from "../relay/copy-sink.ts";
import { pump } from "../relay/pump.ts";
import { SocketGroup } from "../relay/socket-group.ts";
import { chooseBehind, tapsBehind } from "../route/choose-destination.ts";
import type { BranchRoute } from "../route/route-table.ts";
import { BranchingStage, type OpenWay } from "./branching-stage.ts";
import { type ChosenWay, chosenWay } from "./chosen-way.ts";
import type { FunctionEnds } from "./dial-function.ts";
import { dialMesh, type MeshDialFailure } from "./dial-mesh.ts";
import type { Leg } from "./leg.ts";
import { dropCopies, openCopies } from "./open-copies.ts";
import type { FunctionLegRequest } from "./open-function-leg.ts";
import { proofBehind } from "./proof-behind.ts";

/** Each request that the function gives back goes its own way; ways are dialled when a request is there to go. */
export function openBranchingLeg(context: ProxyContext, request: FunctionLegRequest, ends: FunctionEnds): Leg {
  const group = new SocketGroup();
  group.add(ends.request);
  if (ends.response !== undefined) group.add(ends.response);
  const answers = new Answers(ends.response);
  const functionTimer = new FunctionTimer(context.clock, request.counts);
  new BranchingStage(context, {
    source: ends.request,
    group,
    timer: functionTimer,
    wayOf: wayOf(request),
    open: (branch) => openWay(context, request, branch),
    takeAnswers: (socket, copies) => answers.take(socket, toAll(copies.response)),
  });
  ends.request.resume();
  const leg = { request: ends.request, response: ends.response ?? ends.request, group, functionTimer };
  return ends.response === undefined ? { ...leg, followAnswers: (listen) => answers.follow(listen) } : leg;
}

/** What the function says of a request (`weft-nsh`) goes before what the request is like. */
function wayOf(request: FunctionLegRequest): (head: Http1Scanner) => ChosenWay {
  const { hop, classes } = request.route;
  const classOf = classes?.forConnection(request.source);
  return (head) => {
    const said = hop.function.isReclassifying === true ? readServicePathOfHead(head) : undefined;
    if (said === undefined) return { kind: "way", branch: classOf?.(head) };
    return said.kind === "header" ? chosenWay(said.header, request) : { kind: "none", reason: said.reason };
  };
}

async function openWay(
  context: ProxyContext,
  request: FunctionLegRequest,
  branch: BranchRoute | undefined,
): Promise<OpenWay | MeshDialFailure> {
  const { table, source, mode, servicePath, route } = request;
  const leaving = { ...request, branch };
  const proof = proofBehind(leaving, true);
  const copies = openCopies(context, { ...request, taps: tapsBehind(leaving), ttl: servicePath.ttl - 1 });
  const choose = (isExcluded?: Parameters<typeof chooseBehind>[1]) => chooseBehind(leaving, isExcluded);
  const next = await dialMesh(context, { table, source, mode, protocol: route.hop.protocol, proof, choose });
  if (next.kind === "connected") return { kind: "open", next, copies };
  dropCopies(copies);
  return next;
}

/** Leads answers through the function, or to whoever follows them. */
class Answers {
  private readonly through: ByteSocket | undefined;
  private socket: ByteSocket | undefined;
  private listen: ((socket: ByteSocket) => void) | undefined;

  constructor(through: ByteSocket | undefined) {
    this.through = through;
  }

  take(socket: ByteSocket, tap: CopySink | undefined): void {
    this.socket = socket;
    if (this.through !== undefined) pump(socket, this.through, tap);
    else this.listen?.(socket);
  }

  follow(listen: (socket: ByteSocket) => void): void {
    this.listen = listen;
    if (this.socket !== undefined) listen(this.socket);
  }
}
