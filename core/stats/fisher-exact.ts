/** Whether one of two samples has more failures than chance explains. */

/** How often something was tried, and how often it failed: whole numbers, 0 <= failures <= attempts. */
export interface Trials {
  readonly attempts: number;
  readonly failures: number;
}

/** A further term changes the sum in no digit. */
const NEGLIGIBLE = 1e-17;

/**
 * The one-sided p-value of Fisher's exact test: how likely it is that at least as many of all failures fall on `suspect` as did, if
 * failures fell on attempts at random. Exact for any counts, however small; 1 where nothing was tried or nothing failed.
 *
 *     p = sum over x from a to min(K, n) of C(K, x) C(N - K, n - x) / C(N, n)
 *
 * with n attempts and a failures of the suspect, N attempts and K failures of both together. O(min(K, n)), mostly a few dozen terms.
 *
 * Source: R. A. Fisher, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98(1), 1935.
 */
export function moreFailuresByChance(suspect: Trials, other: Trials): number {
  const all = { attempts: suspect.attempts + other.attempts, failures: suspect.failures + other.failures };
  const isMore = suspect.failures * all.attempts > all.failures * suspect.attempts;
  if (isMore) return atLeast(suspect.failures, suspect.attempts, all);
  // From the other's side, since a sum that begins far below the mean begins with nothing.
  return 1 - atLeast(all.failures - suspect.failures + 1, other.attempts, all);
}

/** How likely so many or more of all failures are among `drawn` attempts of all. */
function atLeast(failures: number, drawn: number, all: Trials): number {
  const most = Math.min(all.failures, drawn);
  if (failures > most) return 0;
  const passed = all.attempts - all.failures;
  let term = Math.exp(
    logChoose(all.failures, failures) + logChoose(passed, drawn - failures) - logChoose(all.attempts, drawn),
  );
  let sum = term;
  for (let x = failures; x < most; x += 1) {
    const ratio = ((all.failures - x) * (drawn - x)) / ((x + 1) * (passed - drawn + x + 1));
    term *= ratio;
    sum += term;
    if (ratio < 1 && term < sum * NEGLIGIBLE) break;
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series, within 1e-12 from 16 on (Abramowitz and Stegun, 6.1.41); below that the product itself. */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  const series = inverse * (1 / 12 - inverse ** 2 * (1 / 360 - inverse ** 2 * (1 / 1260 - inverse ** 2 / 1680)));
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + series;
}
