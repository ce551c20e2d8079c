import { describe, expect, it } from "vitest";
import { createSystemClock } from "./system-clock.ts";

describe("the system clock", () => {
  it("says milliseconds since 1970, and never goes back", () => {
    const clock = createSystemClock();
    const year2025Ms = Date.UTC(2025, 0, 1);
    const first = clock.nowMs();
    expect(first).toBeGreaterThan(year2025Ms);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(first);
  });

  it("calls once after a delay", async () => {
    await new Promise<void>((resolve) => createSystemClock().after(0, resolve));
  });

  it("calls again and again until cancelled", async () => {
    const clock = createSystemClock();
    let calls = 0;
    await new Promise<void>((resolve) => {
      const cancel = clock.every(1, () => {
        calls++;
        if (calls < 3) return;
        cancel();
        resolve();
      });
    });
    expect(calls).toBe(3);
  });

  it("does not call what was cancelled", async () => {
    const clock = createSystemClock();
    const calls: string[] = [];
    const cancel = clock.after(0, () => calls.push("cancelled"));
    cancel();
    await new Promise<void>((resolve) => clock.after(1, resolve));
    expect(calls).toEqual([]);
  });

  it("waits where Node's own timer would overflow and fire at once", async () => {
    const clock = createSystemClock({ holdsProcess: false });
    const calls: string[] = [];
    const cancel = clock.after(Number.MAX_SAFE_INTEGER, () => calls.push("too early"));
    await new Promise<void>((resolve) => createSystemClock().after(2, resolve));
    cancel();
    expect(calls).toEqual([]);
  });
});
