import { describe, expect, it } from "vitest";
import { claimedSpec, isHeldByOther, type LeaseSpec, leaseSpecOf, observe, releasedSpec } from "./lease-record.ts";

const claim = { identity: "me", leaseDurationMs: 15_000, nowMs: Date.UTC(2030, 0, 1) };
const others: LeaseSpec = {
  holderIdentity: "other",
  leaseDurationSeconds: 20,
  acquireTime: "2029-01-01T00:00:00.000000Z",
  renewTime: "2029-01-01T00:00:10.000000Z",
  leaseTransitions: 4,
};

describe("another's lease", () => {
  it("counts from when it was first read so, not from the times in it", () => {
    const first = observe(undefined, others, 100);
    const same = observe(first, { ...others }, 19_000);
    expect(isHeldByOther(same, { ...claim, nowMs: 20_099 })).toBe(true);
    expect(isHeldByOther(same, { ...claim, nowMs: 20_100 })).toBe(false);
    const renewed = observe(same, { ...others, renewTime: "2029-01-01T00:00:11.000000Z" }, 20_000);
    expect(isHeldByOther(renewed, { ...claim, nowMs: 39_999 })).toBe(true);
  });

  it("that does not say how long it lasts, lasts as long as ours", () => {
    const { leaseDurationSeconds: _, ...spec } = others;
    const observed = observe(undefined, spec, 0);
    expect(isHeldByOther(observed, { ...claim, nowMs: 14_999 })).toBe(true);
    expect(isHeldByOther(observed, { ...claim, nowMs: 15_000 })).toBe(false);
  });
});

it.each([
  { name: "one that was released", spec: { ...others, holderIdentity: "" } },
  { name: "one's own", spec: { ...others, holderIdentity: "me" } },
  { name: "an empty one", spec: {} },
])("$name is free to take", ({ spec }) => {
  expect(isHeldByOther(observe(undefined, spec, claim.nowMs), claim)).toBe(false);
});

describe("a claim", () => {
  const time = "2030-01-01T00:00:00.000000Z";

  it("of a new lease starts without transitions", () => {
    const spec = {
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: time,
      renewTime: time,
      leaseTransitions: 0,
    };
    expect(claimedSpec(undefined, claim)).toEqual(spec);
  });

  it("of another's lease is one transition more", () => {
    expect(claimedSpec(others, claim)).toMatchObject({ holderIdentity: "me", acquireTime: time, leaseTransitions: 5 });
  });

  it("of one's own lease renews it and keeps when it was acquired", () => {
    const own = { ...others, holderIdentity: "me" };
    expect(claimedSpec(own, claim)).toEqual({ ...own, leaseDurationSeconds: 15, renewTime: time });
  });
});

it("a released lease has no holder and lasts a second", () => {
  expect(releasedSpec(others, claim.nowMs)).toMatchObject({
    holderIdentity: "",
    leaseDurationSeconds: 1,
    leaseTransitions: 4,
  });
});

it("what is no lease reads as an empty one", () => {
  expect([undefined, {}, { spec: "text" }, { spec: others }].map(leaseSpecOf)).toEqual([{}, {}, {}, others]);
});
