/** One UE's whole visit: registers, takes a session, asks for objects, releases, leaves; every step is timed. */
import { setTimeout as pause } from "node:timers/promises";
import type { Counters } from "../counters.ts";
import type { ProcedureStatistics } from "../procedure-statistics.ts";
import type { SampleDeps } from "../sample.ts";
import { type HttpAsk, request } from "./http-request.ts";
import type { Procedure } from "./procedures.ts";
import { compareBody } from "./rules.ts";
import { deregister, establish, type Outcome, register, release, type Ue } from "./ue-procedures.ts";
import type { UserPlane, UserStream } from "./user-plane.ts";

export interface VisitPlan {
  readonly requestsPerSession: number;
  /** From one answer to the next request. */
  readonly requestIntervalMs: number;
  readonly objectBytes: number;
  readonly uploadBytes: number;
  readonly requestTimeoutMs: number;
}

export interface VisitTools {
  readonly plan: VisitPlan;
  /** The object that the plan asks for. */
  readonly expected: string;
  readonly plane: UserPlane;
  readonly statistics: ProcedureStatistics<Procedure>;
  readonly counters: Counters;
  readonly deps: SampleDeps;
}

const bodyCounters = {
  identical: "bodiesIdentical",
  minified: "bodiesMinified",
  different: "bodiesDifferent",
} as const;

/** True when every step succeeded. */
export async function visit(ue: Ue, tools: VisitTools): Promise<boolean> {
  const registered = await timed(tools, "registration", () => register(ue));
  if (registered.kind === "failed") return false;
  const isServed = await useSession(ue, tools);
  const left = await timed(tools, "deregistration", () => deregister(ue));
  return isServed && left.kind === "done";
}

async function useSession(ue: Ue, tools: VisitTools): Promise<boolean> {
  let stream: UserStream | undefined;
  const session = await timed(tools, "session", () =>
    establish(ue, (uplink) => {
      stream = tools.plane.openStream(uplink);
      return stream.tunnel;
    }),
  );
  if (session.kind === "failed" || !stream) return false;
  const isServed = await askForAll(stream, tools);
  const released = await timed(tools, "release", () => release(ue));
  tools.plane.closeStream(stream, session.result.uplink);
  return isServed && released.kind === "done";
}

/** Stops at the first failure: the stream is of no use after it. */
async function askForAll(stream: UserStream, tools: VisitTools): Promise<boolean> {
  const { requestsPerSession, requestIntervalMs, uploadBytes } = tools.plan;
  for (let count = 0; count < requestsPerSession; count++) {
    if (count > 0 && requestIntervalMs > 0) await pause(requestIntervalMs);
    const isUpload = uploadBytes > 0 && count % 2 === 1;
    const asked = await timed(tools, "request", () => (isUpload ? upload(stream, tools) : download(stream, tools)));
    if (asked.kind === "failed") return false;
  }
  return true;
}

async function download(stream: UserStream, { plan, expected, counters }: VisitTools): Promise<Outcome> {
  const ask: HttpAsk = { method: "GET", path: `/objects/${plan.objectBytes}` };
  const answer = await request(stream, ask, plan.requestTimeoutMs);
  if (answer.kind === "failed") return answer;
  if (answer.status !== 200) return { kind: "failed", cause: `http-${answer.status}` };
  const compared = compareBody(answer.body, expected);
  counters.add(bodyCounters[compared]);
  return compared === "different" ? { kind: "failed", cause: "wrong-bytes" } : { kind: "done", result: undefined };
}

async function upload(stream: UserStream, { plan }: VisitTools): Promise<Outcome> {
  const ask: HttpAsk = { method: "POST", path: "/sink", body: Buffer.alloc(plan.uploadBytes, "weft ") };
  const answer = await request(stream, ask, plan.requestTimeoutMs);
  if (answer.kind === "failed") return answer;
  if (answer.status !== 200) return { kind: "failed", cause: `http-${answer.status}` };
  const isWhole = answer.body.toString() === JSON.stringify({ received: plan.uploadBytes });
  return isWhole ? { kind: "done", result: undefined } : { kind: "failed", cause: "wrong-bytes" };
}

async function timed<Result>(
  { statistics, deps }: VisitTools,
  procedure: Procedure,
  run: () => Promise<Outcome<Result>>,
): Promise<Outcome<Result>> {
  const startMs = deps.nowMs();
  const outcome = await run();
  if (outcome.kind === "done") statistics.succeed(procedure, deps.nowMs() - startMs);
  else statistics.fail(procedure, outcome.cause);
  return outcome;
}
