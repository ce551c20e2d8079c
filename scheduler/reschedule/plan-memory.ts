/** Plans as this replica has written them last, until the view shows them so: a look that came too early would see old ones. */
import type { PlacementPlan } from "../../core/model/placement-plan.ts";

interface Written {
  readonly plan: PlacementPlan;
  /** Versions of it that are known to be older. */
  readonly older: ReadonlySet<string>;
  /** Whether the view has shown it in any version. */
  readonly isSeen: boolean;
  readonly untilMs: number;
}

/** A view lags by less; a new plan that it does not show by then is gone. */
const LAG_MS_MAX = 30_000;

export class PlanMemory {
  /** By UID. */
  readonly #written = new Map<string, Written>();

  /** @param before undefined for a new plan. */
  wrote(before: PlacementPlan | undefined, plan: PlacementPlan, nowMs: number): void {
    const known = this.#written.get(plan.uid);
    const older = new Set([...(known?.older ?? []), ...(before ? [before.version] : [])]);
    const isSeen = known?.isSeen ?? before !== undefined;
    this.#written.set(plan.uid, { plan, older, isSeen, untilMs: nowMs + LAG_MS_MAX });
  }

  /** The list, with what is known to be newer in the place of what it has. */
  current(list: readonly PlacementPlan[], nowMs: number): readonly PlacementPlan[] {
    const seen = new Map(list.map((plan) => [plan.uid, plan]));
    for (const [uid, written] of this.#written) {
      const shown = seen.get(uid);
      const isNews = shown ? written.older.has(shown.version) : !written.isSeen && isAhead(written.untilMs - nowMs);
      if (!isNews) this.#written.delete(uid);
      else if (shown) this.#written.set(uid, { ...written, isSeen: true });
    }
    const unseen = [...this.#written.values()].map(({ plan }) => plan).filter(({ uid }) => !seen.has(uid));
    return [...list.map((plan) => this.#written.get(plan.uid)?.plan ?? plan), ...unseen];
  }

  forget(): void {
    this.#written.clear();
  }
}

/** More than it can be is a clock that has stepped back. */
function isAhead(leftMs: number): boolean {
  return leftMs > 0 && leftMs <= LAG_MS_MAX;
}
