/** Sends a probe along the path of a chain, from where the chain's traffic is put on it, and waits for what the hops say. */
import { Buffer } from "node:buffer";
import { messageOf } from "../../core/model/weft-error.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { ProbeReach } from "../codec/steering-tlvs.ts";
import { LineReader } from "../control/line-reader.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { chooseDestination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { dialMesh } from "../steer/dial-mesh.ts";
import { type ProbeAnswer, ProbeProtocol } from "./probe-protocol.ts";
import { parseRecord, recordBytesMax } from "./probe-record.ts";

export interface ProbeOrder {
  readonly chain: string;
  /** The flow whose instances are to be asked. */
  readonly source: SocketEndpoint;
  readonly reach: ProbeReach;
  readonly timeoutMs: number;
}

/** More than any path can say: 255 functions, three records each. */
const RECORDS_MAX = 1000;

/** Never rejects: what went wrong is part of the answer. */
export async function sendProbe(
  context: ProxyContext,
  { table, course }: { readonly table: RouteTable; readonly course: Course },
  order: ProbeOrder,
): Promise<ProbeAnswer> {
  const { clock, own } = context;
  const { source } = order;
  own.probeCount++;
  const protocol = new ProbeProtocol(order, course.path?.path, clock.nowMs());
  const connection = await dialMesh(context, {
    table,
    source,
    mode: "connection",
    probe: order.reach,
    service: course.upstream,
    choose: (isExcluded) => chooseDestination(course, { source, uniform: context.random() }, isExcluded),
  });
  if (connection.kind === "failed") return protocol.stopped(connection.reason);
  const { socket, connectMs, answerMs } = connection;
  protocol.take({ kind: "link", connectMs, answerMs }, clock.nowMs());
  const problem = await listen(context, socket, { protocol, timeoutMs: order.timeoutMs });
  return problem === undefined ? protocol.answer() : protocol.stopped(problem);
}

/** Reads until the end. @returns why it did not come, if it did not */
function listen(
  { clock }: ProxyContext,
  socket: ByteSocket,
  { protocol, timeoutMs }: { readonly protocol: ProbeProtocol; readonly timeoutMs: number },
): Promise<string | undefined> {
  const lines = new LineReader(recordBytesMax);
  let recordCount = 0;
  const takeLines = (bytes: Buffer) => {
    for (const line of lines.push(bytes)) {
      const record = parseRecord(line);
      if (record.kind === "rejected")
        throw new Error(`a hop answers out of protocol: ${record.field} ${record.reason}`);
      if (++recordCount > RECORDS_MAX) throw new Error("the hops say too much");
      protocol.take(record.value, clock.nowMs());
    }
  };
  return new Promise((resolve) => {
    const answer = (problem?: string) => {
      cancel();
      socket.onClosed = () => {};
      if (problem === undefined) socket.end();
      else socket.reset();
      resolve(problem);
    };
    const cancel = clock.after(timeoutMs, () => answer(`no answer within ${timeoutMs} ms`));
    socket.onEnd = () => answer();
    socket.onClosed = (error) => answer(error?.message ?? "the probe's connection was closed");
    socket.onBytes = (bytes, from, to) => {
      try {
        // A copy: the buffer is read into again.
        takeLines(Buffer.from(bytes.subarray(from, to)));
      } catch (error) {
        answer(messageOf(error));
      }
      return true;
    };
    socket.resume();
  });
}
