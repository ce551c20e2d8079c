import { expect, it } from "vitest";
import type { ChainEvent } from "../../core/ports/chain-writer.ts";
import { chainEventObject } from "./chain-event-object.ts";

const context = { apiVersion: "weft.dev/v1alpha1", identity: "sfc-0", nowMs: Date.UTC(2030, 0, 1) };
const event: ChainEvent = {
  namespace: "core",
  chain: "web",
  chainUid: "uid-1",
  type: "Normal",
  reason: "Solved",
  message: "split over 2 instances",
};

it("a chain's event is one of events.k8s.io/v1 about the chain", () => {
  expect(chainEventObject(event, context)).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { namespace: "core", generateName: "web-" },
    eventTime: "2030-01-01T00:00:00.000000Z",
    reportingController: "weft.dev/sfc",
    reportingInstance: "sfc-0",
    action: "Solved",
    reason: "Solved",
    regarding: {
      apiVersion: "weft.dev/v1alpha1",
      kind: "ServiceFunctionChain",
      namespace: "core",
      name: "web",
      uid: "uid-1",
    },
    note: "split over 2 instances",
    type: "Normal",
  });
});

it("a long message is cut to what an event may hold, between two characters", () => {
  const { note } = chainEventObject({ ...event, message: "é".repeat(2000) }, context) as { note: string };
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  expect(note).toMatch(/^é+\.\.\.$/);
});

it("a long chain name still gives a name that an event may have", () => {
  const chain = `${"a".repeat(199)}.${"b".repeat(50)}`;
  const { metadata } = chainEventObject({ ...event, chain }, context) as { metadata: { generateName: string } };
  expect(metadata.generateName).toBe(`${"a".repeat(199)}-`);
});
