import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeRenewal, type RenewalCase } from "./judge-renewal.ts";

const limits = { demandChange: 0.2, gain: 0.05 };
const steady: RenewalCase = {
  refusal: undefined,
  misfit: undefined,
  flowChange: 0.3,
  moved: { chain: "edge/c", part: 0.1 },
  utilisation: { kept: 0.8, renewed: 0.5 },
};

function by(part: number) {
  return { chain: "edge/c", part };
}

test.each([
  { name: "what was taken back", part: { refusal: "r", misfit: "shape" }, verdict: "keep refused" },
  { name: "no path at all", part: { misfit: "no-path" }, verdict: "renew first-path" },
  { name: "another generation", part: { misfit: "generation", flowChange: 0 }, verdict: "renew spec-changed" },
  { name: "other instances", part: { misfit: "shape", flowChange: 0 }, verdict: "renew shape-changed" },
  { name: "a path that is too slow", part: { misfit: "too-slow" }, verdict: "renew too-slow" },
  { name: "the same split", part: { flowChange: 0.009, moved: by(9) }, verdict: "keep same-split" },
  { name: "demands that hardly moved", part: {}, verdict: "keep demand-steady" },
  { name: "a moved demand and a good gain", part: { moved: by(0.21) }, verdict: "renew gain" },
  {
    name: "a moved demand and a small gain",
    part: { moved: by(0.21), utilisation: { kept: 0.8, renewed: 0.77 } },
    verdict: "keep gain-too-small",
  },
  {
    name: "a moved demand and a loss",
    part: { moved: by(0.21), utilisation: { kept: 0.5, renewed: 0.8 } },
    verdict: "keep gain-too-small",
  },
  {
    name: "what overflows and need not",
    part: { moved: by(0), utilisation: { kept: 1.01, renewed: 0.99 } },
    verdict: "renew overfull",
  },
  {
    name: "what overflows in any case",
    part: { moved: by(0), utilisation: { kept: 1.5, renewed: 1.2 } },
    verdict: "keep demand-steady",
  },
  {
    name: "nothing that is limited",
    part: { moved: by(1), utilisation: { kept: 0, renewed: 0 } },
    verdict: "keep gain-too-small",
  },
] as const)("with $name: $verdict", ({ part, verdict }) => {
  const { kind, code } = judgeRenewal({ ...steady, ...part }, limits);
  expect(`${kind} ${code}`).toBe(verdict);
});

test("the reason has the figures", () => {
  expect(judgeRenewal(steady, limits).reason).toBe(
    "no demand has moved by more than 20.0 %; that of edge/c has moved most, by 10.0 %",
  );
  expect(judgeRenewal({ ...steady, moved: by(1) }, limits).reason).toBe(
    "edge/c has moved by 100.0 %: the fullest link or instance goes from 80.0 % to 50.0 %",
  );
  expect(judgeRenewal({ ...steady, moved: by(Infinity) }, limits).reason).toBe(
    "edge/c gets another path: the fullest link or instance goes from 80.0 % to 50.0 %",
  );
});

test("a stricter hysteresis never renews what a looser one keeps", () => {
  const part = fc.double({ min: 0, max: 2, noNaN: true });
  fc.assert(
    fc.property(part, part, part, part, part, part, (flowChange, movedPart, kept, renewed, limit, more) => {
      const renewal: RenewalCase = {
        refusal: undefined,
        misfit: undefined,
        flowChange,
        moved: by(movedPart),
        utilisation: { kept, renewed },
      };
      const loose = judgeRenewal(renewal, { demandChange: limit, gain: limit });
      const strict = judgeRenewal(renewal, { demandChange: limit + more, gain: limit + more });
      if (loose.kind === "keep") expect(strict.kind).toBe("keep");
    }),
  );
});
