/** The extender's HTTP side, buildable without listening. */
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { Parsed } from "../core/model/parsed.ts";
import type { Pod } from "../core/model/pod.ts";
import type { Topology } from "../core/model/topology.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { notFound, requestInvalid } from "../platform/http/http-error.ts";
import { createHttpServer, type HttpServer } from "../platform/http/http-server.ts";
import { addProbes } from "../platform/http/probes.ts";
import { parseWith } from "../platform/schema/parse-with.ts";
import { adviceOf, type DecisionLog } from "./decision-log.ts";
import { explain } from "./explain.ts";
import { listFlows } from "./list-flows.ts";
import { outcomeOf } from "./outcome.ts";
import type { Placer } from "./placer.ts";
import type { PlanningMetrics } from "./planning/planning-metrics.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { SchedulerMetrics, Verb } from "./scheduler-metrics.ts";
import { bindAnswer, filterAnswer, hostTexts, preemptAnswer, prioritizeAnswer } from "./wire/answers.ts";
import { parseBindingArgs, parseExtenderArgs, parsePreemptionArgs } from "./wire/parse-args.ts";

export interface SchedulerAppDeps {
  readonly placer: Placer;
  readonly graph: FlowGraph;
  readonly decisions: DecisionLog;
  readonly metrics: SchedulerMetrics;
  readonly planning: PlanningMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: SchedulerConfig;
  /** The flow source's name. */
  readonly source: string;
  /** The pod as it is now, by its key. */
  readonly podOf: (podKey: string) => Pod | undefined;
  /** Reasons why scores would be neutral for want of the cluster's state. */
  readonly notReady: () => readonly string[];
}

export function buildSchedulerApp(deps: SchedulerAppDeps): HttpServer {
  const { clock, log, config, notReady } = deps;
  const { bodyBytesMax, drainMsMax } = config;
  const server = createHttpServer({ clock, log, bodyBytesMax, drainMsMax });
  addVerbs(server, deps);
  addReports(server, deps);
  addProbes(server, { live: () => [], ready: notReady });
  return server;
}

function addVerbs({ app }: HttpServer, { placer, metrics, planning, clock, config }: SchedulerAppDeps): void {
  const { zeroScores } = config;
  const textsOf = cachedHostTexts();

  verb("filter", (body) => {
    const args = checked("filter", parseExtenderArgs(body));
    const rejected = placer.filter(args);
    for (const { by } of rejected.values()) metrics.rejectedNodes.inc({ by });
    return filterAnswer(args, rejected);
  });
  verb("prioritize", (body) => {
    const args = checked("prioritize", parseExtenderArgs(body));
    const { neutral, question, advice, intended, answered = [] } = placer.prioritize(args);
    if (advice?.kind === "fallback") planning.fallbacks.inc({ reason: advice.reason });
    if (neutral && !intended && advice?.kind !== "planned") metrics.neutral.inc({ reason: neutral });
    if (!question) return prioritizeAnswer(args.nodeNames, answered, { zeroScores });
    const hosts = { texts: textsOf(question.topology), candidates: question.candidates };
    return prioritizeAnswer(args.nodeNames, answered, { zeroScores, hosts });
  });
  verb("bind", async (body) => bindAnswer(await placer.bind(checked("bind", parseBindingArgs(body)))));
  verb("preempt", (body) => preemptAnswer(placer.preempt(checked("preempt", parsePreemptionArgs(body)))));

  function verb(name: Verb, answer: (body: unknown) => string | Promise<string>): void {
    const duration = metrics.duration.labels({ verb: name });
    app.post(`/${name}`, async (request, reply) => {
      const startMs = clock.nowMs();
      const text = await answer(request.body);
      duration.observe((clock.nowMs() - startMs) / 1000);
      return sendJson(reply, text);
    });
  }

  function checked<T>(name: Verb, parsed: Parsed<T>): T {
    if (parsed.kind === "parsed") return parsed.value;
    metrics.badRequests.inc({ verb: name });
    throw requestInvalid(parsed.field || "body", parsed.reason);
  }
}

function cachedHostTexts(): (topology: Topology) => readonly string[] {
  const texts = new WeakMap<Topology, readonly string[]>();
  return (topology) => {
    const known = texts.get(topology) ?? hostTexts(topology);
    texts.set(topology, known);
    return known;
  };
}

const count = (fallback: number) => z.coerce.number().int().min(1).max(10_000).default(fallback);
const podPath = z.object({ namespace: z.string(), pod: z.string() });
const explainQuery = z.strictObject({ nodesMax: count(100), flowsMax: count(50) });
const flowsQuery = z.strictObject({ flowsMax: count(1000) });

function addReports({ app }: HttpServer, deps: SchedulerAppDeps): void {
  const { decisions, graph, metrics, clock, config, source, podOf } = deps;
  app.get("/v1/explain/:namespace/:pod", async (request) => {
    const { namespace, pod } = podPath.parse(request.params);
    const limits = query(explainQuery, request.query);
    const decision = decisions.get(`${namespace}/${pod}`);
    if (!decision) throw notFound(`no recent decision about the pod ${namespace}/${pod}`);
    const outcome = outcomeOf(decision, podOf(`${namespace}/${pod}`), config.plugin);
    const objective = adviceOf(decision)?.plan.objective;
    return explain(decision, { config, nowMs: clock.nowMs(), outcome, objective }, limits);
  });
  app.get("/v1/flows", async (request) => {
    const { flowsMax } = query(flowsQuery, request.query);
    return listFlows(graph, source, { nowMs: clock.nowMs(), staleAfterMs: config.staleAfterMs, flowsMax });
  });
  app.get("/metrics", async (_, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

function query<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = parseWith(schema, value);
  if (parsed.kind === "rejected") throw requestInvalid(parsed.field, parsed.reason);
  return parsed.value;
}

/** The text is JSON already; fastify sends strings under this type as they are. */
function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type("application/json").send(text);
}
