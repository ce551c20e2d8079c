/** Keeps a live copy of one kind of object: a paged list, then a watch from its resource version, for as long as it runs. */
import type { Parsed } from "../../core/model/parsed.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Collection } from "../../core/ports/cluster-view.ts";
import { createKeyedCollection } from "../../core/ports/keyed-collection.ts";
import type { Log } from "../../core/ports/log.ts";
import { backoffMs } from "./backoff.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { listObjects } from "./list-objects.ts";
import { createObjectMirror, type ObjectMirror, type Rejection } from "./object-mirror.ts";
import { pause } from "./pause.ts";
import { defaultReflectorLimits, type ReflectorLimits } from "./reflector-limits.ts";
import { noCounters, type ReflectorCounters, type ReflectorStats } from "./reflector-stats.ts";
import { type Restart, restartOfList, restartOfWatch } from "./restart.ts";
import { type WatchChange, type WatchOutcome, watchObjects } from "./watch-objects.ts";

export interface Reflector<T> {
  readonly collection: Collection<T>;
  stats(): ReflectorStats;
  /** Objects that cannot be read as they are now; the collection has their last good version, if there was one. */
  rejections(): readonly Rejection[];
  /** Ends the loop and its connection; the collection stays as it is. */
  stop(): Promise<void>;
}

export interface ReflectorOptions<T> extends ReflectorParts {
  /** Of the kind in all namespaces, such as `/api/v1/pods`. */
  readonly path: string;
  /** The server need not have the kind: then there are none, until it has. */
  readonly isOptional?: boolean;
  keyOf(item: T): string;
  read(raw: unknown): Parsed<T>;
}

export interface ReflectorParts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits?: Partial<ReflectorLimits>;
}

/** Starts at once. Every failure is logged, counted and tried again; the loop ends by `stop` only. */
export function startReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { log, path, keyOf, read } = options;
  const collection = createKeyedCollection<T>({
    keyOf,
    defer: queueMicrotask,
    onListenerError: (error) => log.error("a subscriber failed", { path, error }),
  });
  const onRejection = (rejection: Rejection) =>
    log.warn("an object cannot be read; its last good version stays", { path, ...rejection });
  const mirror = createObjectMirror<T>({ collection, read, onRejection });
  const stopping = new AbortController();
  const limits = { ...defaultReflectorLimits, ...options.limits };
  const onListed = () => collection.markSynced();
  const run: Run = { options, limits, mirror, onListed, signal: stopping.signal, counters: noCounters };
  const done = runUntilStopped(run);
  return {
    collection,
    stats: () => ({ ...run.counters, objects: mirror.size, malformed: mirror.rejections().length }),
    rejections: mirror.rejections,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** Everything that the loop carries from one step to the next. */
interface Run {
  readonly options: ReflectorParts & { readonly path: string; readonly isOptional?: boolean };
  readonly limits: ReflectorLimits;
  readonly mirror: ObjectMirror;
  readonly signal: AbortSignal;
  readonly onListed: () => void;
  counters: ReflectorCounters;
  /** Where the next watch goes on; without it the next step is a list. */
  resourceVersion?: string | undefined;
}

async function runUntilStopped(run: Run): Promise<void> {
  while (!run.signal.aborted) {
    const { resourceVersion } = run;
    const restart = resourceVersion === undefined ? await list(run) : await watch(run, resourceVersion);
    if (restart && !run.signal.aborted) await recover(run, restart);
  }
}

async function list(run: Run): Promise<Restart | undefined> {
  const { client, path, clock } = run.options;
  const { pageSize, objectsMax } = run.limits;
  const onPage = () => count(run, { pages: run.counters.pages + 1 });
  try {
    const outcome = await listObjects({ client, path, pageSize, objectsMax, signal: run.signal, onPage });
    if (outcome.kind === "refused" && outcome.answer.statusCode === 404 && run.options.isOptional === true)
      return await waitForKind(run);
    if (outcome.kind !== "listed") return restartOfList(outcome);
    run.mirror.replace(outcome.objects);
    run.resourceVersion = outcome.resourceVersion;
    const nowMs = clock.nowMs();
    count(run, { lists: run.counters.lists + 1, lastListAtMs: nowMs, lastEventAtMs: nowMs });
    run.onListed();
    return undefined;
  } catch (error) {
    return { reason: "unavailable", message: messageOf(error), mustList: true };
  }
}

async function waitForKind({ options, mirror, onListed, limits, signal }: Run): Promise<undefined> {
  mirror.replace([]);
  onListed();
  options.log.debug("the server does not have this kind", { path: options.path });
  await pause(options.clock, limits.absentMs, signal);
}

async function watch(run: Run, resourceVersion: string): Promise<Restart> {
  const { client, clock, path, random } = run.options;
  const { watchTimeoutMs, watchGraceMs: graceMs, lineBytesMax } = run.limits;
  const timeoutMs = watchTimeoutMs * (1 + random());
  const onOpen = () => count(run, { watches: run.counters.watches + 1 });
  const onChange = (change: WatchChange) => apply(run, change);
  const limits = { timeoutMs, graceMs, lineBytesMax };
  const startedMs = clock.nowMs();
  try {
    const request = { client, clock, path, resourceVersion, signal: run.signal, onOpen, onChange, ...limits };
    const outcome = await watchObjects(request);
    const isShort = clock.nowMs() - startedMs < run.limits.shortWatchMs;
    if (!isShort) count(run, { failures: 0 });
    return { ...restartOfWatch(outcome), isRoutine: outcome.kind === "ended" && !isShort };
  } catch (error) {
    return { reason: "unavailable", message: messageOf(error), mustList: false };
  }
}

function apply(run: Run, change: WatchChange): WatchOutcome | undefined {
  if (change.kind === "put") run.mirror.put(change.object);
  if (change.kind === "delete") run.mirror.delete(change.object);
  run.resourceVersion = change.kind === "bookmark" ? change.resourceVersion : change.object.metadata.resourceVersion;
  const { events, bookmarks } = run.counters;
  const lastEventAtMs = run.options.clock.nowMs();
  count(run, {
    events: events + 1,
    bookmarks: bookmarks + Number(change.kind === "bookmark"),
    lastEventAtMs,
    failures: 0,
  });
  const { objectsMax } = run.limits;
  return run.mirror.size > objectsMax ? { kind: "too-many", objectsMax } : undefined;
}

/** A list that fails never touches the copy, and a watch goes on where it was, a few times: what is known stays while this waits. */
async function recover(run: Run, restart: Restart): Promise<void> {
  const { clock, log, path, random } = run.options;
  const { reason, message, mustList, isRoutine = false, retryAfterMs = 0 } = restart;
  const { restarts } = run.counters;
  count(run, { restarts: { ...restarts, [reason]: restarts[reason] + 1 } });
  if (mustList) run.resourceVersion = undefined;
  if (isRoutine) return log.debug("watching again", { path, message });
  const failures = run.counters.failures + 1;
  count(run, { failures });
  // A server that answers and fails again and again may do so because of the version asked for.
  if (reason !== "unavailable" && failures >= run.limits.watchFailuresMax) run.resourceVersion = undefined;
  const delayMs = Math.round(Math.max(retryAfterMs, backoffMs(run.limits.backoff, failures, random())));
  log.warn("watching is interrupted", { path, reason, message, failures, delayMs });
  await pause(clock, delayMs, run.signal);
}

function count(run: Run, change: Partial<ReflectorCounters>): void {
  run.counters = { ...run.counters, ...change };
}
