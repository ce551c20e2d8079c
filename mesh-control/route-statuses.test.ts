import { beforeEach, expect, test } from "vitest";
import type { HttpRoute } from "../core/model/http-route.ts";
import type { RouteStatusWriter } from "../core/ports/route-status-writer.ts";
import { createManualClock } from "../test/fakes/manual-clock.ts";
import { RouteStatuses } from "./route-statuses.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = createManualClock();
/** In the order of the writes. */
let written: string[];
let failing: Set<string>;
let statuses: RouteStatuses;

beforeEach(() => {
  written = [];
  failing = new Set();
  const writer: RouteStatusWriter = {
    async writeParents({ name, generation }, parents) {
      if (failing.has(name)) throw new Error("unreachable");
      written.push(`${name} ${generation} ${parents.length}`);
    },
  };
  statuses = new RouteStatuses({ writer, clock, log });
});

function routeOf(name: string, generation = 1): HttpRoute {
  const parents = [{ namespace: "core", service: "udm", port: 80 }];
  return { kind: "HTTPRoute", namespace: "core", name, createdAt: "", generation, parents, rules: [] };
}

async function update(...routes: readonly HttpRoute[]): Promise<void> {
  statuses.update({ services: new Map(), routes });
  await clock.advanceAsync(0);
}

test("what is said of a route is written once, and again when it changes", async () => {
  await update(routeOf("a"), routeOf("b"));
  await update(routeOf("a"), routeOf("b", 2));
  expect(written).toEqual(["a 1 1", "b 1 1", "b 2 1"]);
});

test("what could not be written is written later, and holds nothing else up", async () => {
  failing.add("a");
  await update(routeOf("a"), routeOf("b"));
  expect(written).toEqual(["b 1 1"]);
  failing.clear();
  await clock.advanceAsync(5_000);
  expect(written).toEqual(["b 1 1", "a 1 1"]);
});

test("of a route that is gone nothing is written any more", async () => {
  failing.add("a");
  await update(routeOf("a"));
  await update();
  failing.clear();
  await clock.advanceAsync(60_000);
  expect(written).toEqual([]);
});

test("stopped, it writes nothing more", async () => {
  failing.add("a");
  await update(routeOf("a"));
  statuses.stop();
  failing.clear();
  await clock.advanceAsync(60_000);
  expect([written, clock.pending]).toEqual([[], 0]);
});
