/**
 * Make before break: a new path is created inactive, activated once its hops have had time to reach the proxies, and only
 * then is the old one taken out, and deleted when its flows have had time to end.
 */
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import { objectKey } from "./cluster-state.ts";
import type { PathNote } from "./path-memory.ts";
import type { TakeBack } from "./rollback/chain-history.ts";
import type { Refusals } from "./rollback/refusals.ts";

export interface LifecycleTimes {
  readonly activationDelayMs: number;
  readonly drainMs: number;
}

export type PathAction =
  | { readonly kind: "create"; readonly path: ServiceFunctionPath }
  | { readonly kind: "activate"; readonly path: ServiceFunctionPath }
  | { readonly kind: "deactivate"; readonly path: ServiceFunctionPath }
  | { readonly kind: "delete"; readonly path: ServiceFunctionPath };

export interface LifecycleStep {
  /** In this order; one that fails holds up those behind it. */
  readonly actions: readonly PathAction[];
  /** When to look again, if nothing happens before. */
  readonly wakeAtMs: number | undefined;
}

/** The paths of one chain, by what they are for. */
export interface ChainPaths {
  /** Takes new flows. */
  readonly active: ServiceFunctionPath | undefined;
  /** Is about to. */
  readonly pending: ServiceFunctionPath | undefined;
  /** Active besides, left over from a change that was cut short. */
  readonly surplus: readonly ServiceFunctionPath[];
  readonly draining: readonly ServiceFunctionPath[];
}

/**
 * After a restart nothing is noted: then the newest inactive path that is newer than the active one is the pending one, unless it is
 * refused.
 */
export function sortPaths(
  paths: readonly ServiceFunctionPath[],
  notes: ReadonlyMap<string, PathNote>,
  refusals: Refusals = [],
): ChainPaths {
  const newestFirst = paths.toSorted((a, b) => b.chainGeneration - a.chainGeneration || b.spi - a.spi);
  const [active, ...surplus] = newestFirst.filter(({ isActive }) => isActive);
  const inactive = newestFirst.filter(({ isActive }) => !isActive);
  const isRefused = ({ spi }: ServiceFunctionPath) => refusals.some((refused) => refused.spi === spi);
  const isNewer = (path: ServiceFunctionPath) => (!active || path.spi > active.spi) && !isRefused(path);
  const pending = inactive.find((path) => {
    const role = notes.get(objectKey(path))?.role;
    return role === undefined ? isNewer(path) : role === "pending";
  });
  return { active, pending, surplus, draining: inactive.filter((path) => path !== pending) };
}

/** The old path takes traffic before the new one ceases to; that drains like any other, for not all of its flows need be bad. */
export function takeBackStep({ refused, restored, pending }: TakeBack, nowMs: number): LifecycleStep {
  const actions: PathAction[] = [
    { kind: "activate", path: restored },
    { kind: "deactivate", path: refused },
  ];
  if (pending) actions.push({ kind: "delete", path: pending });
  return { actions, wakeAtMs: nowMs };
}

/** A chain's paths as these actions have left them, whether the view shows it yet or not. */
export function pathsAfter(
  paths: readonly ServiceFunctionPath[],
  actions: readonly PathAction[],
): readonly ServiceFunctionPath[] {
  const left = new Map(paths.map((path) => [objectKey(path), path]));
  for (const { kind, path } of actions) {
    if (kind === "delete") left.delete(objectKey(path));
    else left.set(objectKey(path), kind === "create" ? path : { ...path, isActive: kind === "activate" });
  }
  return [...left.values()];
}

/** `next` takes the place of what is pending. Notes are what `nowMs` is counted from; a path without one begins now. */
export function lifecycleStep(
  { active, pending, surplus, draining }: ChainPaths,
  next: ServiceFunctionPath | undefined,
  { notes, nowMs, times }: { notes: Map<string, PathNote>; nowMs: number; times: LifecycleTimes },
): LifecycleStep {
  const deadlines: number[] = [];
  const isOver = (path: ServiceFunctionPath, role: PathNote["role"], lastsMs: number) => {
    const noted = notes.get(objectKey(path));
    const note = noted?.role === role ? noted : { role, sinceMs: nowMs };
    notes.set(objectKey(path), note);
    if (nowMs >= note.sinceMs + lastsMs) return true;
    deadlines.push(note.sinceMs + lastsMs);
    return false;
  };
  const actions: PathAction[] = [];
  const outdated = [...surplus];
  if (next) {
    // It never took a flow, so nobody needs it any more.
    if (pending) actions.push({ kind: "delete", path: pending });
    actions.push({ kind: "create", path: next });
    deadlines.push(nowMs + times.activationDelayMs);
  } else if (pending && isOver(pending, "pending", times.activationDelayMs)) {
    actions.push({ kind: "activate", path: pending });
    if (active) outdated.push(active);
  }
  for (const path of outdated) {
    actions.push({ kind: "deactivate", path });
    deadlines.push(nowMs + times.drainMs);
  }
  for (const path of draining) if (isOver(path, "draining", times.drainMs)) actions.push({ kind: "delete", path });
  return { actions, wakeAtMs: deadlines.length > 0 ? Math.min(...deadlines) : undefined };
}
