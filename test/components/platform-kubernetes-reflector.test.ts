import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Parsed } from "../../core/model/parsed.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { type Reflector, type ReflectorOptions, startReflector } from "../../platform/kubernetes/reflector.ts";
import type { ReflectorStats } from "../../platform/kubernetes/reflector-stats.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { type ScriptedApiServer, type ScriptedStream, startScriptedApiServer } from "../fakes/scripted-api-server.ts";
import { waitUntil } from "../tools/wait-until.ts";

interface Thing {
  readonly name: string;
  readonly uid: string;
  readonly size: number;
}

const path = "/api/v1/things";
const backoff = { initialMs: 1000, maxMs: 4000 };
let server: ScriptedApiServer;
let clock: ManualClock;
let client: KubernetesClient;
let reflector: Reflector<Thing>;
let logged: string[];

beforeEach(async () => {
  server = await startScriptedApiServer();
  clock = createManualClock();
  client = openKubernetesClient({ clock, kubeconfigPath: server.kubeconfigPath });
  logged = [];
});

afterEach(async () => {
  await reflector.stop();
  client.close();
  await server.close();
});

describe("a reflector's list", () => {
  it("is read page by page, and only the last page makes it synced", async () => {
    start({ pageSize: 2 });
    const first = await server.next(path);
    expect(first.query).toEqual({ limit: "2" });
    expect(first.headers.authorization).toBe("Bearer scripted");
    first.answer(200, pageOf([thing("a"), thing("b")], { continueToken: "more" }));
    const second = await server.next(path);
    expect(second.query).toEqual({ limit: "2", continue: "more" });
    expect(reflector.collection.hasSynced).toBe(false);
    expect(names()).toEqual([]);
    second.answer(200, pageOf([thing("c")]));
    await synced();
    expect(names()).toEqual(["a", "b", "c"]);
    expect(reflector.stats()).toMatchObject({ lists: 1, pages: 2, objects: 3 });
  });

  it("is empty where the server does not have an optional kind, until it does", async () => {
    start({ absentMs: 5000 }, { isOptional: true });
    (await server.next(path)).answer(404, "404 page not found");
    await synced();
    expect(names()).toEqual([]);
    expect(reflector.stats()).toMatchObject({ failures: 0 });
    clock.advance(5000);
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    await waitFor(() => names().length === 1);
  });

  it("starts from the first page when it expires between two", async () => {
    start();
    (await server.next(path)).answer(200, pageOf([thing("a")], { continueToken: "more" }));
    (await server.next(path)).answer(410, expired);
    await restarted("expired");
    clock.advance(1000);
    const again = await server.next(path);
    expect(again.query).toEqual({ limit: "500" });
    again.answer(200, pageOf([thing("b")]));
    await synced();
    expect(names()).toEqual(["b"]);
  });

  const refusals = [
    {
      name: "the server refuses",
      answer: () => [403, statusOf(403, "Forbidden", "no right to list")],
      reason: "refused",
    },
    { name: "the answer is not JSON", answer: () => [200, "<html>"], reason: "unavailable" },
    { name: "the answer is no list", answer: () => [200, { kind: "Thing" }], reason: "malformed" },
    { name: "an item has no name", answer: () => [200, pageOf([{ metadata: {} }])], reason: "malformed" },
    {
      name: "an empty page promises another",
      answer: () => [200, pageOf([], { continueToken: "more" })],
      reason: "malformed",
    },
    {
      name: "there are more objects than the limit",
      answer: () => [200, pageOf(["a", "b", "c", "d", "e"].map((name) => thing(name)))],
      reason: "too-many",
    },
  ] as const;
  it.each(refusals)("is tried again when $name", async ({ answer, reason }) => {
    start({ objectsMax: 4 });
    const [statusCode, body] = answer();
    (await server.next(path)).answer(statusCode as number, body);
    await restarted(reason);
    expect(reflector.collection.hasSynced).toBe(false);
    clock.advance(1000);
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    await synced();
    expect(names()).toEqual(["a"]);
  });

  it("is tried again when the connection is cut", async () => {
    start();
    (await server.next(path)).cut();
    await restarted("unavailable");
    clock.advance(1000);
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    await synced();
  });

  it("is tried again when no answer comes in time", async () => {
    start();
    await server.next(path);
    clock.advance(60_000);
    await restarted("unavailable");
    expect(logged.join("")).toContain("no answer in time");
  });

  it("waits twice as long after each failure, up to a limit, and less a random part", async () => {
    start({}, { random: () => 0.5 });
    for (const [before, delayMs] of [750, 1500, 3000, 3000].entries()) {
      (await server.next(path)).answer(500, "down");
      await waitFor(() => reflector.stats().failures === before + 1);
      expect(clock.pendingDelaysMs).toEqual([delayMs]);
      clock.advance(delayMs);
    }
  });

  it("waits as long as the server asks", async () => {
    start();
    (await server.next(path)).answer(429, "busy", { "retry-after": "7" });
    await restarted("refused");
    expect(clock.pendingDelaysMs).toEqual([7000]);
  });
});

describe("a reflector's watch", () => {
  it("goes on from the list's resource version, with bookmarks and a time limit", async () => {
    start({}, { random: () => 0.5 });
    (await server.next(path)).answer(200, pageOf([], { resourceVersion: "41" }));
    expect((await server.next(path)).query).toEqual({
      watch: "true",
      resourceVersion: "41",
      allowWatchBookmarks: "true",
      timeoutSeconds: "450",
    });
  });

  it("adds, changes and deletes", async () => {
    const watch = await watching([thing("a")]);
    watch.send({ type: "ADDED", object: thing("b", { rv: "11" }) });
    await waitFor(() => names().join() === "a,b");
    watch.send({ type: "MODIFIED", object: thing("b", { rv: "12", size: 5 }) });
    await waitFor(() => reflector.collection.get("b")?.size === 5);
    watch.send({ type: "DELETED", object: thing("a", { rv: "13" }) });
    await waitFor(() => names().join() === "b");
    expect(reflector.stats()).toMatchObject({ events: 3, lastEventAtMs: clock.nowMs() });
  });

  it("reads events that arrive in pieces, and several at once", async () => {
    const watch = await watching([]);
    const lines = [thing("é", { rv: "11" }), thing("b", { rv: "12" })].map(added).join("");
    watch.write(lines.slice(0, 20));
    watch.write(`${lines.slice(20)}\n`);
    await waitFor(() => names().join() === "é,b");
  });

  it("goes on from the last bookmark when the server ends it after its time", async () => {
    const watch = await watching([thing("a")]);
    watch.send({ type: "BOOKMARK", object: { kind: "Thing", metadata: { resourceVersion: "99" } } });
    await waitFor(() => reflector.stats().bookmarks === 1);
    clock.advance(300_000);
    watch.end();
    const next = await server.next(path);
    expect(next.query).toMatchObject({ watch: "true", resourceVersion: "99" });
    expect(reflector.stats()).toMatchObject({ failures: 0, lists: 1 });
    expect(reflector.stats().restarts.ended).toBe(1);
  });

  it("waits before it goes on when it ended at once", async () => {
    const watch = await watching([]);
    watch.end();
    await restarted("ended");
    expect(server.untaken()).toEqual([]);
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "10" });
  });

  it("lists again after 410 as an HTTP status", async () => {
    start();
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    (await server.next(path)).answer(410, expired);
    await restarted("expired");
    clock.advance(1000);
    expect((await server.next(path)).query).toEqual({ limit: "500" });
  });

  it("lists again after 410 as an event", async () => {
    const watch = await watching([thing("a")]);
    watch.send({ type: "ERROR", object: expired });
    await restarted("expired");
    await watch.closed;
    expect(names()).toEqual(["a"]);
    clock.advance(1000);
    expect((await server.next(path)).query).toEqual({ limit: "500" });
  });

  it("goes on where it was after another error as an event", async () => {
    const watch = await watching([thing("a")]);
    watch.send({ type: "ERROR", object: statusOf(500, "InternalError", "etcd leader changed") });
    await restarted("error");
    expect(logged.join("")).toContain("etcd leader changed");
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "10" });
  });

  it.each([429, 500, 504])("goes on where it was after HTTP %i", async (statusCode) => {
    start();
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    (await server.next(path)).answer(statusCode, "busy");
    await restarted("refused");
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "10" });
  });

  it("lists again when it fails from the same resource version again and again", async () => {
    start({ watchFailuresMax: 3 });
    (await server.next(path)).answer(200, pageOf([thing("a")]));
    for (const failures of [1, 2, 3]) {
      const request = await server.next(path);
      expect(request.query).toMatchObject({ watch: "true", resourceVersion: "10" });
      request.answer(504, statusOf(504, "Timeout", "Too large resource version"));
      await waitFor(() => reflector.stats().failures === failures);
      clock.advance(4000);
    }
    expect((await server.next(path)).query).toEqual({ limit: "500" });
    expect(names()).toEqual(["a"]);
  });

  it("that is silent for its time limit and the grace is hung up on, and goes on where it was", async () => {
    const watch = await watching([thing("a")]);
    clock.advance(314_999);
    expect(reflector.stats().restarts.silent).toBe(0);
    clock.advance(1);
    await restarted("silent");
    await watch.closed;
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "10" });
  });

  it("that speaks now and then is not hung up on", async () => {
    const watch = await watching([]);
    for (const rv of ["11", "12", "13"]) {
      clock.advance(200_000);
      watch.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: rv } } });
      await waitFor(() => reflector.stats().bookmarks === Number(rv) - 10);
    }
    expect(reflector.stats().restarts.silent).toBe(0);
  });

  it("that is cut within a line goes on where it was, without that line", async () => {
    const watch = await watching([]);
    watch.write(added(thing("a", { rv: "11" })));
    watch.write(added(thing("b", { rv: "12" })).slice(0, 30));
    await waitFor(() => names().join() === "a");
    watch.end();
    await restarted("cut");
    expect(names()).toEqual(["a"]);
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "11" });
  });

  it("whose connection breaks goes on where it was", async () => {
    const watch = await watching([]);
    watch.cut();
    await restarted("cut");
    clock.advance(1000);
    expect((await server.next(path)).query).toMatchObject({ watch: "true", resourceVersion: "10" });
  });

  const garbage = [
    { name: "a line that is not JSON", text: "garbage\n", said: "not JSON" },
    { name: "a line that is no object", text: "[1]\n", said: "no JSON object" },
    { name: "an unknown type of event", text: '{"type":"EXPLODED"}\n', said: "EXPLODED" },
    { name: "an object without a name", text: '{"type":"ADDED","object":{}}\n', said: "metadata.name" },
    {
      name: "an object without a resource version",
      text: '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n',
      said: "metadata.resourceVersion",
    },
    { name: "a bookmark without one", text: '{"type":"BOOKMARK"}\n', said: "metadata.resourceVersion" },
    { name: "a line over the limit", text: "x".repeat(2000), said: "longer than 1000 bytes" },
  ];
  it.each(garbage)("$name makes it list again, and what is known stays", async ({ text, said }) => {
    const watch = await watching([thing("a")], { lineBytesMax: 1000 });
    watch.write(text);
    await restarted("malformed");
    expect(logged.join("")).toContain(said);
    await watch.closed;
    expect(names()).toEqual(["a"]);
    clock.advance(1000);
    expect((await server.next(path)).query).toEqual({ limit: "500" });
  });

  it("that grows over the limit of objects lists again", async () => {
    const watch = await watching([thing("a")], { objectsMax: 1 });
    watch.send({ type: "ADDED", object: thing("b", { rv: "11" }) });
    await restarted("too-many");
  });
});

describe("what a reflector knows", () => {
  it("loses on the next list what is not in it any more", async () => {
    const watch = await watching([thing("a"), thing("b")]);
    await relist(watch, [thing("b")]);
    expect(names()).toEqual(["b"]);
  });

  it("is another object when the name is listed with another UID", async () => {
    const watch = await watching([thing("a", { uid: "1", size: 1 }), thing("b")]);
    await relist(watch, [thing("a", { uid: "2", size: 2 }), thing("b")]);
    expect(reflector.collection.get("a")).toEqual({ name: "a", uid: "2", size: 2 });
    expect(names()).toEqual(["b", "a"]);
  });

  it("keeps an unchanged object as it is over a list", async () => {
    const watch = await watching([thing("a")]);
    const before = reflector.collection.get("a");
    await relist(watch, [thing("a"), thing("b")]);
    expect(reflector.collection.get("a")).toBe(before);
  });

  it("is not lost to the late deletion of an older object of that name", async () => {
    const watch = await watching([thing("a", { uid: "2" })]);
    watch.send({ type: "DELETED", object: thing("a", { uid: "1", rv: "11" }) });
    watch.send({ type: "ADDED", object: thing("b", { rv: "12" }) });
    await waitFor(() => names().join() === "a,b");
  });

  it("keeps the last good version of an object that cannot be read any more, and says why", async () => {
    const watch = await watching([thing("a", { size: 1 })]);
    watch.send({ type: "MODIFIED", object: thing("a", { size: -1, rv: "11" }) });
    watch.send({ type: "ADDED", object: thing("b", { rv: "12" }) });
    await waitFor(() => names().join() === "a,b");
    expect(reflector.collection.get("a")?.size).toBe(1);
    expect(reflector.rejections()).toEqual([{ key: "a", field: "size", reason: "is negative" }]);
    expect(reflector.stats()).toMatchObject({ malformed: 1, failures: 0 });
    expect(logged.join("")).toContain('"field":"size"');
    watch.send({ type: "MODIFIED", object: thing("a", { size: 3, rv: "13" }) });
    await waitFor(() => reflector.collection.get("a")?.size === 3);
    expect(reflector.rejections()).toEqual([]);
  });

  it("does not keep the last good version of an object that was replaced by an unreadable one", async () => {
    const watch = await watching([thing("a", { uid: "1" })]);
    await relist(watch, [thing("a", { uid: "2", size: -1 })]);
    expect(names()).toEqual([]);
    expect(reflector.rejections()).toEqual([{ key: "a", field: "size", reason: "is negative" }]);
  });

  it("survives a reader that throws", async () => {
    await watching([thing("a", { size: Number.MAX_SAFE_INTEGER }), thing("b")]);
    expect(names()).toEqual(["b"]);
    expect(reflector.rejections()).toEqual([{ key: "a", field: "", reason: "the reader threw" }]);
  });

  it("stays after the reflector has stopped, and no connection does", async () => {
    const watch = await watching([thing("a")]);
    await reflector.stop();
    await watch.closed;
    expect(names()).toEqual(["a"]);
    expect(clock.pending).toBe(0);
  });
});

it("a subscriber that throws is logged and stops nothing", async () => {
  start();
  reflector.collection.subscribe(() => {
    throw new Error("subscriber's bug");
  });
  (await server.next(path)).answer(200, pageOf([thing("a")]));
  await server.next(path);
  expect(logged.join("")).toContain("subscriber's bug");
});

function start(limits: ReflectorOptions<Thing>["limits"] = {}, options: Partial<ReflectorOptions<Thing>> = {}): void {
  const log = createLog({ level: "info", name: "test", destination: { write: (line) => logged.push(line) } });
  const random = () => 0;
  reflector = startReflector<Thing>({
    ...{ client, clock, log, random, path, read, keyOf: ({ name }) => name, limits: { backoff, ...limits } },
    ...options,
  });
}

function read(raw: unknown): Parsed<Thing> {
  const { metadata, size } = raw as ReturnType<typeof thing>;
  if (size === Number.MAX_SAFE_INTEGER) throw new Error("the reader threw");
  if (size < 0) return { kind: "rejected", field: "size", reason: "is negative" };
  return { kind: "parsed", value: { name: metadata.name, uid: metadata.uid, size } };
}

async function watching(items: readonly object[], limits: ReflectorOptions<Thing>["limits"] = {}) {
  start(limits);
  (await server.next(path)).answer(200, pageOf(items));
  const watch = (await server.next(path)).stream();
  await waitFor(() => reflector.stats().watches === 1);
  return watch;
}

/** Lets the watch expire, and answers the list that follows. */
async function relist(watch: ScriptedStream, items: readonly object[]): Promise<void> {
  watch.send({ type: "ERROR", object: expired });
  await restarted("expired");
  clock.advance(1000);
  (await server.next(path)).answer(200, pageOf(items, { resourceVersion: "20" }));
  await waitFor(() => reflector.stats().lists === 2);
}

function restarted(reason: keyof ReflectorStats["restarts"]): Promise<unknown> {
  return waitFor(() => reflector.stats().restarts[reason] === 1);
}

function synced(): Promise<unknown> {
  return waitFor(() => reflector.collection.hasSynced);
}

function waitFor(check: () => boolean): Promise<unknown> {
  return waitUntil(check, { what: check.toString(), timeoutMs: 5000, pollMs: 2 });
}

function names(): readonly string[] {
  return reflector.collection.list().map(({ name }) => name);
}

function thing(name: string, { uid = `uid-${name}`, rv = "1", size = 0 } = {}) {
  return { metadata: { name, uid, resourceVersion: rv }, size };
}

function added(object: object): string {
  return `${JSON.stringify({ type: "ADDED", object })}\n`;
}

function pageOf(items: readonly object[], { resourceVersion = "10", continueToken = "" } = {}) {
  const metadata = { resourceVersion, ...(continueToken && { continue: continueToken }) };
  return { apiVersion: "v1", kind: "ThingList", metadata, items };
}

function statusOf(code: number, reason: string, message: string) {
  return { apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message };
}

const expired = statusOf(410, "Expired", "too old resource version");
