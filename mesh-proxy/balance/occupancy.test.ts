import { expect, test } from "vitest";
import { Occupancy } from "./occupancy.ts";

test("without limits there is always room, and everything is counted", () => {
  const occupancy = new Occupancy();
  for (let at = 0; at < 100; at++) occupancy.connectionBegan("a");
  expect(occupancy.connectionCount).toBe(100);
  expect([occupancy.hasConnectionRoom, occupancy.hasConnectionRoomAt("a"), occupancy.hasRequestRoom]).toEqual([
    true,
    true,
    true,
  ]);
});

test("a full endpoint leaves room at others, and a full Service at none", () => {
  const occupancy = new Occupancy();
  occupancy.limits = { maxConnections: 3, maxConnectionsPerEndpoint: 2 };
  occupancy.connectionBegan("a");
  occupancy.connectionBegan("a");
  expect([occupancy.hasConnectionRoomAt("a"), occupancy.hasConnectionRoomAt("b")]).toEqual([false, true]);
  expect(occupancy.hasConnectionRoom).toBe(true);
  occupancy.connectionBegan("b");
  expect(occupancy.hasConnectionRoom).toBe(false);
  occupancy.connectionEnded("a");
  expect([occupancy.hasConnectionRoom, occupancy.hasConnectionRoomAt("a")]).toEqual([true, true]);
});

test("requests are limited in all, by endpoint, and while they wait for a connection", () => {
  const occupancy = new Occupancy();
  occupancy.limits = { maxPendingRequests: 1, maxParallelRequests: 2, maxParallelRequestsPerEndpoint: 1 };
  occupancy.requestBegan("a");
  expect([occupancy.hasRequestRoom, occupancy.hasRequestRoomAt("a"), occupancy.hasRequestRoomAt("b")]).toEqual([
    true,
    false,
    true,
  ]);
  occupancy.requestBegan("b");
  occupancy.pendingCount++;
  expect([occupancy.hasPendingRoom, occupancy.hasRequestRoom]).toEqual([false, false]);
  occupancy.pendingCount--;
  occupancy.requestEnded("b");
  occupancy.requestEnded("a");
  expect([occupancy.hasPendingRoom, occupancy.hasRequestRoom, occupancy.hasRequestRoomAt("a")]).toEqual([
    true,
    true,
    true,
  ]);
});
