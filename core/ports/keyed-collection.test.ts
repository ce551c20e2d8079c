import { expect, it } from "vitest";
import { createKeyedCollection } from "./keyed-collection.ts";

interface Item {
  readonly key: string;
  readonly value: number;
}

function collectionWith(onListenerError?: (error: unknown) => void) {
  const deferred: (() => void)[] = [];
  const collection = createKeyedCollection<Item>({
    keyOf: ({ key }) => key,
    defer: (call) => deferred.push(call),
    ...(onListenerError && { onListenerError }),
  });
  const flush = () => {
    for (const call of deferred.splice(0)) call();
  };
  return { collection, deferred, flush };
}

it("a keyed collection replaces what has the same key", () => {
  const { collection } = collectionWith();
  collection.put({ key: "a", value: 1 });
  collection.put({ key: "a", value: 2 });
  expect(collection.list()).toEqual([{ key: "a", value: 2 }]);
  expect(collection.get("a")).toEqual({ key: "a", value: 2 });
});

it("a keyed collection tells all changes since the last time as one", () => {
  const { collection, deferred, flush } = collectionWith();
  let calls = 0;
  collection.subscribe(() => calls++);
  collection.put({ key: "a", value: 1 });
  collection.delete("a");
  collection.markSynced();
  expect(deferred).toHaveLength(1);
  flush();
  expect(calls).toBe(1);
  collection.put({ key: "b", value: 1 });
  flush();
  expect(calls).toBe(2);
});

it("a keyed collection tells nothing of what was no change", () => {
  const { collection, deferred } = collectionWith();
  expect(collection.delete("a")).toBe(false);
  collection.markSynced();
  deferred.length = 0;
  collection.markSynced();
  expect(deferred).toEqual([]);
});

it("a listener that unsubscribes another keeps it from being called", () => {
  const { collection, flush } = collectionWith();
  const calls: string[] = [];
  collection.subscribe(() => {
    calls.push("first");
    unsubscribe();
  });
  const unsubscribe = collection.subscribe(() => calls.push("second"));
  collection.put({ key: "a", value: 1 });
  flush();
  expect(calls).toEqual(["first"]);
});

it("a listener that throws keeps no other from being called", () => {
  const errors: unknown[] = [];
  const { collection, flush } = collectionWith((error) => errors.push(error));
  const calls: string[] = [];
  collection.subscribe(() => {
    throw new Error("first");
  });
  collection.subscribe(() => calls.push("second"));
  collection.put({ key: "a", value: 1 });
  flush();
  expect(calls).toEqual(["second"]);
  expect(errors).toEqual([new Error("first")]);
});
