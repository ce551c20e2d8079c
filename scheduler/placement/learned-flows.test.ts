import fc from "fast-check";
import { expect, test } from "vitest";
import type { Flow } from "../../core/model/flow.ts";
import { LearnedFlows } from "./learned-flows.ts";

const halfLifeMs = 1000;
const newMemory = (flowsMax = 10) => new LearnedFlows({ halfLifeMs, flowsMax, ignoredBelowBytesPerSecond: 1 });

function flow(source: string, destination: string, requestBytesPerSecond: number, ageMs = 0): Flow {
  const end = (workload: string) => ({ namespace: "core", workload });
  return {
    ...{ source: end(source), destination: end(destination) },
    ...{ requestBytesPerSecond, responseBytesPerSecond: 0, ageMs },
  };
}

const ratesOf = (learned: LearnedFlows, nowMs: number) =>
  Object.fromEntries(
    learned.expected(nowMs).map((each) => [`${each.source}>${each.destination}`, each.requestBytesPerSecond]),
  );

test("a rate counts half after its half-life, and is forgotten when nothing is left of it", () => {
  const learned = newMemory();
  learned.learn([flow("amf", "nrf", 1000)], 0);
  expect(ratesOf(learned, 0)).toEqual({ "core/amf>core/nrf": 1000 });
  expect(ratesOf(learned, halfLifeMs)).toEqual({ "core/amf>core/nrf": 500 });
  learned.learn([], 20 * halfLifeMs);
  expect(learned.profiles()).toEqual([]);
});

test("a quiet hour does not unlearn a busy one, until that has faded", () => {
  const learned = newMemory();
  learned.learn([flow("amf", "nrf", 1000)], 0);
  learned.learn([flow("amf", "nrf", 300)], halfLifeMs);
  expect(ratesOf(learned, halfLifeMs)).toEqual({ "core/amf>core/nrf": 500 });
  learned.learn([flow("amf", "nrf", 300)], 2 * halfLifeMs);
  expect(ratesOf(learned, 2 * halfLifeMs)).toEqual({ "core/amf>core/nrf": 300 });
});

test("the largest flows of a namespace are kept", () => {
  const learned = newMemory(2);
  learned.learn([flow("amf", "a", 10), flow("amf", "b", 30), flow("amf", "c", 20)], 0);
  expect(learned.profiles()).toMatchObject([
    { namespace: "core", flows: [{ destination: "b" }, { destination: "c" }] },
  ]);
});

const refused = [
  { name: "what is too slow to count", flow: flow("amf", "nrf", 0.5) },
  { name: "a rate that is no number", flow: flow("amf", "nrf", Number.NaN) },
  { name: "a name that no workload can have", flow: flow("amf", "NRF", 1000) },
  { name: "a name that Kubernetes refuses for its dots", flow: flow("amf", "n..rf", 1000) },
];

test.each(refused)("$name is not learned", ({ flow: refusedFlow }) => {
  const learned = newMemory();
  learned.learn([refusedFlow, flow("amf", "udm", 10)], 0);
  expect(ratesOf(learned, 0)).toEqual({ "core/amf>core/udm": 10 });
});

test("what is restored has aged since, and one from the future counts as now", () => {
  const learned = newMemory();
  const ends = { source: "amf", destinationNamespace: "core" };
  const rates = { requestBytesPerSecond: 1000, responseBytesPerSecond: 0 };
  const flows = [
    { ...ends, ...rates, destination: "nrf", lastAtMs: 0 },
    { ...ends, ...rates, destination: "udm", lastAtMs: 99 * halfLifeMs },
  ];
  learned.restore([{ namespace: "core", flows }], halfLifeMs);
  expect(ratesOf(learned, halfLifeMs)).toEqual({ "core/amf>core/nrf": 500, "core/amf>core/udm": 1000 });
  expect(ratesOf(learned, 2 * halfLifeMs)).toEqual({ "core/amf>core/nrf": 250, "core/amf>core/udm": 500 });
});

test("images are those that were seen last, and stay when nothing runs any more", () => {
  const learned = newMemory();
  const images = (nowMs: number) => learned.expected(nowMs).map(({ sourceImage, destinationImage }) => [sourceImage, destinationImage]); // biome-ignore format: a line
  const running = (image: string) => (workload: string) => (workload === "core/amf" ? image : undefined);
  learned.learn([flow("amf", "nrf", 1000)], 0, running("r/amf:1"));
  expect(images(0)).toEqual([["r/amf:1", undefined]]);
  learned.learn([flow("amf", "nrf", 10)], 1, running("r/amf:2"));
  expect(images(1)).toEqual([["r/amf:2", undefined]]);
  expect(ratesOf(learned, 1)["core/amf>core/nrf"]).toBeGreaterThan(900);
  learned.learn([flow("amf", "nrf", 2000)], 2, () => undefined);
  expect(images(2)).toEqual([["r/amf:2", undefined]]);
  learned.learn([flow("amf", "nrf", 2000)], 3, running("x".repeat(513)));
  expect(images(3)).toEqual([["r/amf:2", undefined]]);
});

test("another image is noticeable", () => {
  const withImage = (image: string) => {
    const learned = newMemory();
    learned.learn([flow("amf", "nrf", 1000)], 0, () => image);
    return learned.profiles()[0] ?? { namespace: "core", flows: [] };
  };
  expect(newMemory().hasChanged(withImage("a:1"), withImage("a:2"), 0)).toBe(true);
  expect(newMemory().hasChanged(withImage("a:1"), withImage("a:1"), 0)).toBe(false);
});

test("a change of a quarter, and a flow that comes or goes, are noticeable", () => {
  const profileOf = (...flows: readonly Flow[]) => {
    const learned = newMemory();
    learned.learn(flows, 0);
    return learned.profiles()[0] ?? { namespace: "core", flows: [] };
  };
  const before = profileOf(flow("amf", "nrf", 1000));
  const cases: readonly [Flow[], boolean][] = [
    [[flow("amf", "nrf", 1200)], false],
    [[flow("amf", "nrf", 1400)], true],
    [[flow("amf", "nrf", 700)], true],
    [[flow("amf", "udm", 1000)], true],
    [[flow("amf", "nrf", 1000), flow("amf", "udm", 1)], true],
    [[], true],
  ];
  for (const [flows, expected] of cases) expect(newMemory().hasChanged(before, profileOf(...flows), 0)).toBe(expected);
  expect(newMemory().hasChanged(undefined, before, 0)).toBe(true);
});

test("a steady flow is written again before its age would tell on it", () => {
  const learned = newMemory();
  learned.learn([flow("amf", "nrf", 1000)], 0);
  const [before] = learned.profiles();
  learned.learn([flow("amf", "nrf", 1000)], halfLifeMs);
  const [after] = learned.profiles();
  expect(after && learned.hasChanged(before, after, halfLifeMs)).toBe(true);
});

test("no flow ever counts more than it was measured", () => {
  const readings = fc.array(fc.record({ rate: fc.double({ min: 0, max: 1e6, noNaN: true }), gapMs: fc.nat(5000) }));
  fc.assert(
    fc.property(readings, (list) => {
      const learned = newMemory();
      let [nowMs, most] = [0, 0];
      for (const { rate, gapMs } of list) {
        nowMs += gapMs;
        most = Math.max(most, rate);
        learned.learn([flow("amf", "nrf", rate)], nowMs);
        for (const expected of learned.expected(nowMs)) {
          expect(expected.requestBytesPerSecond).toBeLessThanOrEqual(most);
          expect(expected.requestBytesPerSecond).toBeGreaterThanOrEqual(rate * 0.999_999);
        }
      }
    }),
  );
});
