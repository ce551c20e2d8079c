/** Plans placements, in a thread of its own or in this one. */
import { Worker } from "node:worker_threads";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { PlanObjective } from "../placement/groups/group-plan.ts";
import type { OrderedMove } from "../placement/search/order-moves.ts";
import type { PlanOutcome } from "../placement/search/plan-placement.ts";
import { planOnce } from "./plan-once.ts";
import type { PlanJob, PlanReply } from "./plan-thread.ts";

/** How hard to search. Equal scenarios and orders give equal plans unless the time runs out. */
export interface PlanOrder {
  readonly seed: number;
  /** Most bound replicas that may move; Infinity for any number. */
  readonly movesMax: number;
  /** Of the search; with 0 what is pending goes where it gains most, large replicas first, and stays there. */
  readonly stepsMax: number;
  /** A guard: the search ends then with the best it has. */
  readonly millisecondsMax: number;
  /** Whether to say, too, by which moves of single replicas to get there, which takes time after the search. */
  readonly hasMoves?: boolean;
  /** Whether to say, too, what the plan is worth by the scenario's costs. */
  readonly hasObjective?: boolean;
}

/** With the moves of `orderMoves`, and with what the plan is worth, where they were asked for. */
export type PlanResult = PlanOutcome & {
  readonly moves?: readonly OrderedMove[];
  readonly objective?: PlanObjective;
};

/**
 * @throws WeftError limit-reached when too many wait already; solver-failed when there is no plan because the scenario
 * contradicts itself, the thread ended, or it took far longer than it may.
 */
export type RunPlan = (scenario: PlacementScenario, order: PlanOrder) => Promise<PlanResult>;

/** This thread does nothing else meanwhile: for tests and commands. */
export const planHere: RunPlan = async (scenario, order) => {
  try {
    return planOnce(scenario, order);
  } catch (error) {
    throw new WeftError("solver-failed", messageOf(error), { cause: error });
  }
};

export interface PlanWorkerOptions {
  readonly clock: Clock;
  /** Orders that may wait for the one under way; 8 unless told. */
  readonly queueLengthMax?: number;
  /** How much longer than its own limit a plan may take before its thread is ended; 5,000 unless told. */
  readonly graceMs?: number;
  /** The thread's program; for tests. */
  readonly program?: URL;
}

export interface PlanWorker {
  readonly run: RunPlan;
  /** Ends the thread; plans that are not done are rejected. Again is no error. */
  stop(): Promise<void>;
}

interface Waiting extends PlanJob {
  resolve(outcome: PlanResult): void;
  reject(error: WeftError): void;
}

/**
 * Makes one plan at a time, so that this thread's event loop goes on answering. The thread starts with the first plan; where it
 * ends by itself, the plan under way is rejected and the next gets a fresh thread.
 */
export function startPlanWorker(options: PlanWorkerOptions): PlanWorker {
  const { clock, queueLengthMax = 8, graceMs = 5000 } = options;
  const { program = new URL("./plan-thread.ts", import.meta.url) } = options;
  const waiting: Waiting[] = [];
  let underWay: Waiting | undefined;
  let thread: Worker | undefined;
  let cancelGuard = () => {};
  let isStopped = false;

  function next(): void {
    if (underWay || isStopped) return;
    underWay = waiting.shift();
    if (underWay) start(underWay);
    // An idle thread keeps no process alive; one at work does.
    else thread?.unref();
  }

  function start({ scenario, order }: PlanJob): void {
    thread ??= freshThread();
    const current = thread;
    current.ref();
    const limitMs = order.millisecondsMax + graceMs;
    cancelGuard = clock.after(limitMs, () => end(current, `no plan within ${limitMs} ms`));
    try {
      current.postMessage({ scenario, order } satisfies PlanJob);
    } catch (error) {
      settle((job) => job.reject(failed(`the scenario cannot be handed on: ${messageOf(error)}`)));
    }
  }

  function freshThread(): Worker {
    const fresh = new Worker(program);
    fresh.on("message", (reply: PlanReply) => {
      if (thread !== fresh) return;
      settle((job) => (reply.kind === "done" ? job.resolve(reply.outcome) : job.reject(failed(reply.reason))));
    });
    fresh.on("error", (error) => end(fresh, `the planning thread failed: ${messageOf(error)}`));
    fresh.on("exit", (code) => end(fresh, `the planning thread ended with code ${code}`));
    return fresh;
  }

  function settle(tell: (job: Waiting) => void): void {
    cancelGuard();
    const job = underWay;
    underWay = undefined;
    if (job) tell(job);
    next();
  }

  function end(ended: Worker, reason: string): void {
    if (thread !== ended) return;
    thread = undefined;
    void ended.terminate();
    settle((job) => job.reject(failed(reason)));
  }

  return {
    run: (scenario, order) =>
      new Promise((resolve, reject) => {
        if (isStopped) return reject(failed("no plan is made any more"));
        if (waiting.length >= queueLengthMax)
          return reject(new WeftError("limit-reached", `${queueLengthMax} plans wait already`));
        waiting.push({ scenario, order, resolve, reject });
        next();
      }),
    async stop() {
      isStopped = true;
      cancelGuard();
      const ended = thread;
      thread = undefined;
      for (const job of [underWay, ...waiting.splice(0)]) job?.reject(failed("no plan is made any more"));
      underWay = undefined;
      await ended?.terminate();
    },
  };
}

function failed(reason: string): WeftError {
  return new WeftError("solver-failed", reason);
}
