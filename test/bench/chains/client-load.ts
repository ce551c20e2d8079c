/**
 * A program of its own: clients that keep their connection and ask again and again. `start` gives it flows, `reopen` has all of
 * them connect anew, `take` answers with what they have seen since.
 */
import { type FlowExchange, type FlowTarget, flowExchange } from "./flow-exchange.ts";
import { wallMs } from "./wall-clock.ts";

export type LoadRequest =
  | { readonly kind: "start"; readonly targets: readonly FlowTarget[]; readonly intervalMs: number }
  | { readonly kind: "reopen" }
  | { readonly kind: "take" };

/** One request; of all flows in the order of their ends. */
export interface Ask {
  readonly flow: number;
  /** Which of the flow's connections since it was reopened, counted from 1; what is sent while one is being opened counts to it. */
  readonly connection: number;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** Why it failed; undefined when it did not. */
  readonly failure: string | undefined;
}

export interface LoadSeen {
  readonly asks: readonly Ask[];
  /** By flow: port of its connection now, and how many connections it has had since it was reopened. */
  readonly localPorts: readonly number[];
  readonly openedCounts: readonly number[];
}

/** A client gives up on an answer after this. */
const patienceMs = 10_000;
/** Its pause after a failure. */
const retryMs = 5;

interface Flow {
  readonly target: FlowTarget;
  exchange: FlowExchange;
  openedBefore: number;
}

let flows: Flow[] = [];
let asks: Ask[] = [];

process.on("disconnect", () => process.exit(0));
process.on("message", (request: LoadRequest) => {
  answer(request).then((result) => process.send?.(result));
});

async function answer(request: LoadRequest): Promise<LoadSeen | "done"> {
  switch (request.kind) {
    case "start":
      flows = request.targets.map((target) => ({ target, exchange: flowExchange(target), openedBefore: 0 }));
      for (const [at, flow] of flows.entries()) void run(flow, at, request.intervalMs);
      return "done";
    case "reopen":
      for (const flow of flows) {
        flow.exchange.close();
        flow.exchange = flowExchange(flow.target);
      }
      return "done";
    case "take": {
      const taken = asks;
      asks = [];
      return {
        asks: taken,
        localPorts: flows.map(({ exchange }) => exchange.localPort),
        openedCounts: flows.map(({ exchange }) => exchange.openedCount),
      };
    }
  }
}

/** Flows begin one after the other, so that their requests are spread over the interval. */
async function run(flow: Flow, at: number, intervalMs: number): Promise<void> {
  let dueMs = wallMs() + (at / flows.length) * intervalMs;
  for (;;) {
    await pause(dueMs - wallMs());
    const { exchange } = flow;
    const sentAtMs = wallMs();
    const asked = exchange.ask();
    const connection = exchange.openedCount;
    const failure = await Promise.race([asked.then(() => undefined, String), impatience()]);
    // What was cut by `reopen` is nobody's loss.
    if (exchange === flow.exchange) asks.push({ flow: at, connection, sentAtMs, endedAtMs: wallMs(), failure });
    if (failure !== undefined) exchange.close();
    dueMs = failure === undefined ? Math.max(dueMs + intervalMs, wallMs()) : wallMs() + retryMs;
  }
}

function impatience(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve("no patience left"), patienceMs).unref());
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, delayMs)));
}
