import { afterEach, expect, test } from "vitest";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import type { WeftError } from "../../core/model/weft-error.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { scenarioOf } from "../../test/builders/placement-scenario.ts";
import { plantedScenario } from "../../test/builders/planted-scenario.ts";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { orderMoves } from "../placement/search/order-moves.ts";
import { type PlanOrder, type PlanWorker, planHere, startPlanWorker } from "./plan-runner.ts";

const { scenario } = plantedScenario({ seed: 3, pods: 60, noise: 0.1, fill: 0.8 });
const order: PlanOrder = { seed: 1, movesMax: 40, stepsMax: 5_000, millisecondsMax: 60_000 };
const clock = createSystemClock();

let worker: PlanWorker | undefined;
afterEach(() => worker?.stop());

/** A thread that does what the text says with each message. */
const program = (onMessage: string) => {
  const source = `import { parentPort } from "node:worker_threads"; parentPort.on("message", (job) => { ${onMessage} });`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
};
const reply = `parentPort.postMessage({ kind: "failed", reason: "told so" })`;

test("the worker's plan is the one that this thread would make, typed arrays and maps included", async () => {
  worker = startPlanWorker({ clock });
  const plan = await worker.run(scenario, order);
  expect(plan.kind).toBe("planned");
  expect(plan).toEqual(await planHere(scenario, order));
});

test("the moves of single replicas are told where they are asked for", async () => {
  worker = startPlanWorker({ clock });
  const plan = await worker.run(scenario, { ...order, hasMoves: true });
  expect(plan.kind === "planned" && plan.moves).toEqual(
    plan.kind === "planned" && orderMoves(scenario, plan.placement, order.movesMax),
  );
  expect(plan.moves?.length).toBeGreaterThan(0);
});

test("without steps what is pending goes where it gains most", async () => {
  const small = scenarioOf({
    nodes: { a: 2, b: 2 },
    services: { amf: { initial: { b: 1 }, pinned: { b: 1 } }, nrf: {} },
    traffic: [["amf", "nrf", 1]],
  });
  const plan = await planHere(small, { ...order, stepsMax: 0 });
  expect(plan).toMatchObject({
    kind: "planned",
    placement: new Map([
      ["amf", new Map([["b", 1]])],
      ["nrf", new Map([["b", 1]])],
    ]),
  });
});

test("a plan whose time is up is the best so far", async () => {
  const plan = await planHere(scenario, { ...order, stepsMax: 1e12, millisecondsMax: 1 });
  expect(plan.kind).toBe("planned");
});

test("plans are made one after another, and those too many are refused", async () => {
  worker = startPlanWorker({ clock, queueLengthMax: 1 });
  const [first, second, third] = [1, 2, 3].map((seed) => worker?.run(scenario, { ...order, seed }));
  await expect(third).rejects.toMatchObject({ code: "limit-reached", message: "1 plans wait already" });
  expect(await first).toEqual(await planHere(scenario, { ...order, seed: 1 }));
  expect(await second).toEqual(await planHere(scenario, { ...order, seed: 2 }));
});

test("a scenario that contradicts itself is refused with the reason, and the thread goes on", async () => {
  worker = startPlanWorker({ clock });
  const [service] = scenario.services;
  const wrong = { ...scenario, services: [{ ...service, initial: new Map([["nowhere", 1]]) }] } as PlacementScenario;
  await expect(worker.run(wrong, order)).rejects.toMatchObject({ code: "solver-failed", message: /node nowhere/ });
  expect((await worker.run(scenario, order)).kind).toBe("planned");
});

test("what cannot be handed to another thread is refused", async () => {
  worker = startPlanWorker({ clock });
  const wrong = { ...scenario, extra: () => {} };
  await expect(worker.run(wrong, order)).rejects.toMatchObject({
    code: "solver-failed",
    message: /cannot be handed on/,
  });
  expect((await worker.run(scenario, order)).kind).toBe("planned");
});

const ends = [
  { name: "throws", onMessage: `throw new Error("broken")`, message: /thread failed: broken/ },
  { name: "exits", onMessage: `process.exit(3)`, message: /ended with code 3/ },
];

test.each(ends)(
  "a thread that $name costs its plan, and the one that waits gets a fresh thread",
  async ({ onMessage, message }) => {
    const fails = `if (job.order.seed === 1) { ${onMessage} } else { ${reply} }`;
    worker = startPlanWorker({ clock, program: program(fails) });
    const [first, second] = [1, 2].map((seed) =>
      worker?.run(scenario, { ...order, seed }).catch((error: WeftError) => error),
    );
    expect(await first).toMatchObject({ code: "solver-failed", message: expect.stringMatching(message) });
    expect(await second).toMatchObject({ message: "told so" });
  },
);

test("a thread that does not answer in time is ended", async () => {
  const manual = createManualClock();
  worker = startPlanWorker({ clock: manual, graceMs: 100, program: program(`if (job.order.seed !== 1) { ${reply} }`) });
  const late = worker.run(scenario, { ...order, millisecondsMax: 900 });
  manual.advance(1000);
  await expect(late).rejects.toMatchObject({ code: "solver-failed", message: "no plan within 1000 ms" });
  await expect(worker.run(scenario, { ...order, seed: 2 })).rejects.toThrow("told so");
});

test("stopping rejects what is not done, and everything after", async () => {
  worker = startPlanWorker({ clock, program: program("") });
  const plans = [1, 2].map((seed) => worker?.run(scenario, { ...order, seed }));
  const rejected = Promise.all(plans.map((plan) => expect(plan).rejects.toThrow("no plan is made any more")));
  await worker.stop();
  await rejected;
  await worker.stop();
  await expect(worker.run(scenario, order)).rejects.toThrow("no plan is made any more");
});
