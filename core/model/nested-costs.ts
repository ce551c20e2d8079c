/** Makes costs of nested groups grow outwards, where some are measured and others are guesses. */

export interface GuessedLevel {
  /** By group, the number of the group around it at the next level. */
  readonly parents: Int32Array;
  /** By group; undefined where it is not measured. */
  readonly measured: readonly (number | undefined)[];
  /** Of a group that is not measured. */
  readonly guess: number;
}

interface Level extends GuessedLevel {
  readonly costs: Float64Array;
  /** By group, the most that was measured within it and may push its guess up. */
  readonly floors: Float64Array;
}

/**
 * By level and group, from the node outwards, so that no group costs more than the group around it. A guess is raised to what is
 * measured within it; a measured group is lowered to what is measured around it, for what it costs to leave a group concerns all
 * who lie around it. O(groups).
 */
export function nestedCosts(guessed: readonly GuessedLevel[]): readonly Float64Array[] {
  const levels = guessed.map((level) => ({
    ...level,
    costs: Float64Array.from(level.measured, (cost) => cost ?? level.guess),
    floors: Float64Array.from(level.measured, (cost) => cost ?? 0),
  }));
  for (const [at, level] of levels.entries()) raiseGuesses(level, levels[at + 1]);
  for (const [at, level] of [...levels.entries()].reverse()) lowerWithin(level, levels[at + 1]);
  return levels.map(({ costs }) => costs);
}

function raiseGuesses({ parents, floors }: Level, around: Level | undefined): void {
  if (!around) return;
  for (const [group, parent] of parents.entries()) {
    if (around.measured[parent] !== undefined) continue;
    const floor = Math.max(floors[group] ?? 0, around.floors[parent] ?? 0);
    around.floors[parent] = floor;
    around.costs[parent] = Math.max(around.costs[parent] ?? 0, floor);
  }
}

function lowerWithin({ parents, costs }: Level, around: Level | undefined): void {
  if (!around) return;
  for (const [group, parent] of parents.entries())
    costs[group] = Math.min(costs[group] ?? 0, around.costs[parent] ?? 0);
}
