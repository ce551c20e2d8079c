/** How long paths and their hops take, steady: a mean is never twice the same, and every change of a status is a write. */

/** Means of late, in ms; undefined where nothing was timed. */
export interface PathTiming {
  readonly spi: number;
  readonly answerMs?: number | undefined;
  readonly hops: readonly HopTiming[];
}

export interface HopTiming {
  readonly serviceIndex: number;
  readonly functionMs?: number | undefined;
  readonly answerMs?: number | undefined;
}

/** By how much of itself a time has to change to be told anew, and at least by how much at all. */
const CHANGE = 0.2;
const CHANGE_MS_MIN = 0.1;

export class PathTimes {
  #bySpi: ReadonlyMap<number, PathTiming> = new Map();

  /** As it was told last; undefined where nothing was timed. */
  of(spi: number): PathTiming | undefined {
    return this.#bySpi.get(spi);
  }

  /** Takes in one report on all paths. @returns whether anything is to be told anew. O(hops). */
  observe(timings: readonly PathTiming[]): boolean {
    const timed = timings.filter(({ answerMs, hops }) => answerMs !== undefined || hops.length > 0);
    const next = timed.map((timing): [number, PathTiming] => {
      const before = this.#bySpi.get(timing.spi);
      return [timing.spi, before && !hasMoved(before, timing) ? before : timing];
    });
    const isNews = next.some(([spi, timing]) => this.#bySpi.get(spi) !== timing);
    this.#bySpi = new Map(next);
    return isNews;
  }
}

function hasMoved(before: PathTiming, after: PathTiming): boolean {
  const [was, is] = [timesOf(before), timesOf(after)];
  return placesOf(before) !== placesOf(after) || is.some((time, at) => differ(was[at], time));
}

function placesOf({ hops }: PathTiming): string {
  return hops.map(({ serviceIndex }) => serviceIndex).join();
}

function timesOf({ answerMs, hops }: PathTiming): readonly (number | undefined)[] {
  return [answerMs, ...hops.flatMap((hop) => [hop.functionMs, hop.answerMs])];
}

function differ(was: number | undefined, is: number | undefined): boolean {
  if (was === undefined || is === undefined) return was !== is;
  return Math.abs(is - was) > Math.max(CHANGE_MS_MIN, CHANGE * was);
}
