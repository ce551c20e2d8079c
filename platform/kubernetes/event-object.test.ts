import { expect, it } from "vitest";
import type { ObjectEvent } from "../../core/ports/event-recorder.ts";
import { eventObject } from "./event-object.ts";

const nowMs = Date.UTC(2030, 0, 1);
const context = { namespace: "core", controller: "weft.dev/sfc", identity: "sfc-0", nowMs };
const regarding = {
  apiVersion: "weft.dev/v1alpha1",
  kind: "ServiceFunctionChain",
  namespace: "core",
  name: "web",
  uid: "uid-1",
};
const event: ObjectEvent = { regarding, type: "Normal", reason: "Solved", message: "split over 2 instances" };

it("an event is one of events.k8s.io/v1 about its object", () => {
  expect(eventObject(event, context)).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace: "core", generateName: "web-" },
    eventTime: "2030-01-01T00:00:00.000000Z",
    reportingController: "weft.dev/sfc",
    reportingInstance: "sfc-0",
    action: "Solved",
    reason: "Solved",
    regarding,
    note: "split over 2 instances",
    type: "Normal",
  });
});

it("a long message is cut to what an event may hold, between two characters", () => {
  const { note } = eventObject({ ...event, message: "é".repeat(2000) }, context) as { note: string };
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  expect(note).toMatch(/^é+\.\.\.$/);
});

it("a long name still gives a name that an event may have", () => {
  const named = { ...event, regarding: { ...regarding, name: `${"a".repeat(199)}.${"b".repeat(50)}` } };
  const { metadata } = eventObject(named, context) as { metadata: { generateName: string } };
  expect(metadata.generateName).toBe(`${"a".repeat(199)}-`);
});
