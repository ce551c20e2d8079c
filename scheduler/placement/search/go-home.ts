/** The step back: replicas return to where they stood at first, which leaves their moves to others. */
import { tryRelocation } from "./relocate.ts";
import type { Walk } from "./walk.ts";

export function goHome(walk: Walk): void {
  const { state, random } = walk;
  const vacancyCount = state.vacancies.sizeOf(0);
  if (vacancyCount === 0) return;
  const cell = state.vacancies.cellAt(0, random.below(vacancyCount));
  const to = state.nodeOf(cell);
  const service = cell - to * state.problem.serviceCount;
  const from = walk.drawHost(service);
  const surplus = Math.min(-state.missing(service, from), state.movable(service, from));
  if (surplus <= 0) return;
  const most = Math.min(surplus, state.missing(service, to));
  const count = random.next() < 0.5 ? most : 1 + random.below(most);
  if (state.allows(service, to, count)) tryRelocation(walk, { service, from, to, count });
}
