import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadHighs, withHighs } from "../../sfc/solver/exact/with-highs.ts";
import { withJslp } from "../../sfc/solver/exact/with-jslp.ts";
import { randomSites } from "../../test/builders/random-sites.ts";
import { sharingProgram } from "../../test/builders/sharing-program.ts";
import { checkSharing } from "./check-sharing.ts";
import { shareLoad } from "./share-load.ts";
import type { SharedLoad, SiteProblem } from "./site-problem.ts";

const highs = await loadHighs();
const seed = fc.integer({ min: 1, max: 1_000_000 });

describe("the excess of an overloaded site", () => {
  const sites = [
    { name: "a", capacity: 10, load: 25 },
    { name: "b", capacity: 10, load: 4 },
    { name: "c", capacity: 10, load: 2 },
    { name: "d", capacity: 10, load: 0 },
  ];
  const delays = [
    { a: "a", b: "b", oneWayMs: 2 },
    { a: "c", b: "a", oneWayMs: 3 },
    { a: "a", b: "d", oneWayMs: 9 },
  ];

  test("goes to the nearest site first, and to the next when that is full", () => {
    expect(solved({ sites, delays, oneWayMsMax: 10 })).toEqual({
      transfers: [
        { from: "a", to: "b", amount: 6 },
        { from: "a", to: "c", amount: 8 },
        { from: "a", to: "d", amount: 1 },
      ],
      left: [],
    });
  });

  test("stays where no site within the bound has room, and is named", () => {
    expect(solved({ sites, delays, oneWayMsMax: 5 })).toEqual({
      transfers: [
        { from: "a", to: "b", amount: 6 },
        { from: "a", to: "c", amount: 8 },
      ],
      left: [{ site: "a", amount: 1 }],
    });
  });

  test("stays whole where no delay is known", () => {
    expect(solved({ sites, delays: [], oneWayMsMax: 5 })).toEqual({ transfers: [], left: [{ site: "a", amount: 15 }] });
  });

  test("leaves the nearer room to a site that has no other", () => {
    const full = [
      { name: "a", capacity: 0, load: 5 },
      { name: "b", capacity: 0, load: 5 },
      { name: "near", capacity: 5, load: 0 },
      { name: "far", capacity: 5, load: 0 },
    ];
    const ways = [
      { a: "a", b: "near", oneWayMs: 1 },
      { a: "a", b: "far", oneWayMs: 8 },
      { a: "b", b: "near", oneWayMs: 4 },
    ];
    expect(solved({ sites: full, delays: ways, oneWayMsMax: 8 })).toEqual({
      transfers: [
        { from: "a", to: "far", amount: 5 },
        { from: "b", to: "near", amount: 5 },
      ],
      left: [],
    });
  });

  test("is none where every site has room", () => {
    const calm = sites.map((site) => ({ ...site, load: 1 }));
    expect(solved({ sites: calm, delays, oneWayMsMax: 10 })).toEqual({ transfers: [], left: [] });
  });
});

test("both libraries for linear programs find no better sharing on 300 random problems", () => {
  for (let ofSeed = 1; ofSeed <= 300; ofSeed += 1) {
    const problem = randomSites(ofSeed);
    const { program, costs } = sharingProgram(problem);
    if (program.columnCount === 0) continue;
    const ours = costOf(problem, shareLoad(problem));
    for (const library of [withHighs(highs, { secondsMax: 10 }), withJslp]) {
      const solution = library(program, (minimise) => minimise({ costs, lastMax: Infinity }));
      // One of the two gives up now and then, and says so.
      if (library === withJslp && solution.kind === "unsolved") continue;
      const optimum = solution.kind === "solved" ? solution.objective : Number.NaN;
      expect(Math.abs(ours - optimum), `seed ${ofSeed}: ${ours}, not ${optimum}`).toBeLessThanOrEqual(
        1e-6 * (1 + optimum),
      );
    }
  }
});

test("a thousand sites are shared and proved in few steps", () => {
  const problem = { ...randomSites(7, 1000), oneWayMsMax: 1 };
  expect(checkSharing(problem, shareLoad(problem, 5000))).toMatchObject({ kind: "valid" });
});

test("a search that is cut short says what stays, and the check that it is not proved", () => {
  const problem = randomSites(3, 30);
  const answer = shareLoad(problem, 2);
  expect(answer.left.length).toBeGreaterThan(0);
  expect(checkSharing(problem, answer)).toEqual({ kind: "invalid", reason: expect.stringMatching(/prove only/) });
});

test("nothing is over capacity that need not be, nothing goes beyond the bound, and all of the load is somewhere", () => {
  fc.assert(
    fc.property(seed, (ofSeed) => {
      const problem = randomSites(ofSeed);
      const { transfers, left } = shareLoad(problem);
      for (const { name, capacity, load } of problem.sites) {
        const stays = left.find(({ site }) => site === name)?.amount ?? 0;
        const after = load + sumOf(transfers, ({ to }) => to === name) - sumOf(transfers, ({ from }) => from === name);
        expect(after).toBeLessThanOrEqual(capacity + stays + 1e-9 * (capacity + load));
        expect(after).toBeGreaterThanOrEqual(Math.min(load, capacity) - 1e-9 * (capacity + load));
      }
      for (const { from, to } of transfers) expect(nearest(problem, from, to)).toBeLessThanOrEqual(problem.oneWayMsMax);
    }),
    { numRuns: 300 },
  );
});

test("more capacity, or a wider bound, never leaves more and never costs more", () => {
  fc.assert(
    fc.property(seed, fc.nat(), fc.double({ min: 0, max: 100, noNaN: true }), (ofSeed, which, more) => {
      const problem = randomSites(ofSeed);
      const sites = problem.sites.map((site, index) =>
        index === which % problem.sites.length ? { ...site, capacity: site.capacity + more } : site,
      );
      const before = costOf(problem, shareLoad(problem));
      for (const wider of [
        { ...problem, sites },
        { ...problem, oneWayMsMax: problem.oneWayMsMax + more },
      ])
        expect(costOf(problem, shareLoad(wider), wider)).toBeLessThanOrEqual(before + 1e-6 * (1 + before));
    }),
    { numRuns: 300 },
  );
});

test("the check refuses what is made up", () => {
  const problem = randomSites(12);
  const answer = shareLoad(problem);
  const [first] = answer.transfers;
  if (!first) throw new Error("seed 12 has a transfer");
  const others = answer.transfers.slice(1);
  const wrong: readonly (readonly [SharedLoad, RegExp])[] = [
    [{ ...answer, transfers: others }, /leaves/],
    [{ ...answer, transfers: [{ ...first, to: first.from }, ...others] }, /is not near/],
    [{ ...answer, transfers: [{ ...first, amount: -1 }, ...others] }, /-1 goes from/],
    [{ ...answer, transfers: [{ ...first, amount: first.amount + 1000 }, ...others] }, /leaves/],
    [{ ...answer, left: [{ site: "nowhere", amount: 1 }] }, /stays at nowhere/],
    [{ ...answer, pricesMs: new Map() }, /prove only/],
  ];
  for (const [made, reason] of wrong)
    expect(checkSharing(problem, made)).toEqual({ kind: "invalid", reason: expect.stringMatching(reason) });
});

test("no prices let a worse sharing pass", () => {
  fc.assert(
    fc.property(
      seed,
      fc.array(fc.double({ min: -50, max: 500, noNaN: true }), { minLength: 12, maxLength: 12 }),
      (ofSeed, prices) => {
        const problem = randomSites(ofSeed);
        const answer = shareLoad(problem);
        if (answer.transfers.length === 0) return;
        const pricesMs = new Map(problem.sites.map(({ name }, index) => [name, prices[index] ?? 0]));
        const worse = { transfers: [], left: excessOf(problem), pricesMs };
        expect(checkSharing(problem, worse)).toMatchObject({ kind: "invalid" });
      },
    ),
    { numRuns: 200 },
  );
});

function solved(problem: SiteProblem): Pick<SharedLoad, "transfers" | "left"> {
  const { pricesMs, transfers, left } = shareLoad(problem);
  expect(checkSharing(problem, { pricesMs, transfers, left })).toMatchObject({ kind: "valid" });
  return { transfers, left };
}

/** With what stays counted as in the linear program of `problem`; `ofAnswer` is whose answer it is. */
function costOf(problem: SiteProblem, answer: SharedLoad, ofAnswer = problem): number {
  const verdict = checkSharing(ofAnswer, answer);
  if (verdict.kind === "invalid") throw new Error(verdict.reason);
  return verdict.amountTimesDelay + sharingProgram(problem).stayMs * verdict.left;
}

function excessOf({ sites }: SiteProblem): SharedLoad["left"] {
  return sites.flatMap(({ name: site, load, capacity }) =>
    load > capacity ? [{ site, amount: load - capacity }] : [],
  );
}

function sumOf(transfers: SharedLoad["transfers"], which: (each: SharedLoad["transfers"][number]) => boolean): number {
  return transfers.filter(which).reduce((sum, { amount }) => sum + amount, 0);
}

function nearest({ delays }: SiteProblem, from: string, to: string): number {
  const both = delays.filter(({ a, b }) => (a === from && b === to) || (a === to && b === from));
  return Math.min(...both.map(({ oneWayMs }) => oneWayMs));
}
