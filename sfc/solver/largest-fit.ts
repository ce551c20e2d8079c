/** What a split was found to come to with one chain's demand set to some value. */
export interface FitSample {
  readonly maxUtilisation: number;
  /** No split keeps everything below this. */
  readonly lowerBound: number;
  /** By how much the bound grows with each byte of the chain, at the weights that prove it. */
  readonly boundPerByte: number;
}

const STEPS_MAX = 16;
/** The least by which a demand that does not fit is lowered, as a part. */
const STEP_MIN = 0.01;

/**
 * The largest demand up to `demandMax` for which a split was found that overfills nothing; 0 where even the smallest does not fit.
 * The least utilisation is a convex function of one chain's demand, and bound + boundPerByte * change lies below it. So where that
 * line reaches 1 no larger demand fits (Newton's method, from above). What is found is short of the true limit by the gap of the
 * splits and one step at most: some 2 %.
 */
export function largestFit(demandMax: number, splitAt: (demand: number) => FitSample | undefined): number {
  let demand = demandMax;
  for (let step = 0; step < STEPS_MAX && demand > 0; step += 1) {
    const sample = splitAt(demand);
    if (!sample) return 0;
    if (sample.maxUtilisation <= 1) return demand;
    const { lowerBound, boundPerByte } = sample;
    const newton = boundPerByte > 0 ? demand - (lowerBound - 1) / boundPerByte : 0;
    demand = Math.min(newton, demand * (1 - STEP_MIN));
  }
  return 0;
}
