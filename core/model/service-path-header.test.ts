import { describe, expect, test } from "vitest";
import { advanceServicePath, functionsPassedMax, type ServicePathHeader, ttlFirst } from "./service-path-header.ts";

describe("one step along a path", () => {
  test("counts index and TTL down", () => {
    expect(advanceServicePath({ spi: 7, serviceIndex: 2, ttl: 63 })).toEqual({
      kind: "header",
      header: { spi: 7, serviceIndex: 1, ttl: 62 },
    });
  });

  test("reaches the destination at index 0", () => {
    expect(advanceServicePath({ spi: 7, serviceIndex: 1, ttl: 2 })).toEqual({
      kind: "header",
      header: { spi: 7, serviceIndex: 0, ttl: 1 },
    });
  });

  test("can be made past as many functions as the TTL allows, and no further", () => {
    let header: ServicePathHeader = { spi: 7, serviceIndex: 255, ttl: ttlFirst };
    for (let passed = 0; passed < functionsPassedMax; passed++) {
      const step = advanceServicePath(header);
      if (step.kind === "rejected") throw new Error(`${step.reason} after ${passed}`);
      header = step.header;
    }
    expect(header.ttl).toBe(1);
    expect(advanceServicePath(header)).toMatchObject({ kind: "rejected", by: "ttl-expired" });
  });

  const refused = [
    {
      name: "behind the destination",
      serviceIndex: 0,
      ttl: 63,
      by: "index-used-up",
      reason: "service index of path 7 is used up",
    },
    {
      name: "when the TTL would reach 0",
      serviceIndex: 5,
      ttl: 1,
      by: "ttl-expired",
      reason: "TTL of path 7 ran out: the path loops or is too long",
    },
    {
      name: "when the TTL is 0",
      serviceIndex: 5,
      ttl: 0,
      by: "ttl-expired",
      reason: "TTL of path 7 ran out: the path loops or is too long",
    },
  ];

  test.each(refused)("is refused $name", ({ serviceIndex, ttl, by, reason }) => {
    expect(advanceServicePath({ spi: 7, serviceIndex, ttl })).toEqual({ kind: "rejected", by, reason });
  });
});
