/** What every way of finding an endpoint that does worse than it should is asked, and answers. */

/** What an endpoint's answers were like since the last look. */
export interface AnswerWindow {
  readonly key: string;
  readonly answerCount: number;
  /** Answers of 5xx or the like, and whatever never became an answer; all are among the answers. */
  readonly failureCount: number;
  /** Failures since the last answer that was none, also before this window. */
  readonly failuresInRow: number;
  /** Of those, as a gateway has them: 502, 503, 504, and no answer. */
  readonly gatewayErrorsInRow: number;
  /** How long sound answers took on average; undefined without one. */
  readonly meanMs: number | undefined;
}

export const detectorNames = [
  "consecutive-5xx",
  "consecutive-gateway-errors",
  "success-rate",
  "failure-percentage",
  "latency",
] as const;
export type DetectorName = (typeof detectorNames)[number];

export interface OutlierDetector {
  readonly name: DetectorName;
  /** @returns keys of endpoints that had better be passed over, the worst first */
  outliers(windows: readonly AnswerWindow[]): readonly string[];
}

/** Those that have something to be compared by; empty where they are too few. */
export interface Comparing {
  readonly minimumHosts: number;
  readonly requestVolume: number;
}

export function comparable(
  windows: readonly AnswerWindow[],
  { minimumHosts, requestVolume }: Comparing,
): readonly AnswerWindow[] {
  const heard = windows.filter(({ answerCount }) => answerCount >= requestVolume);
  return heard.length >= minimumHosts ? heard : [];
}

/** Keys of windows above a limit, those farthest above it first. */
export function worstAbove(
  windows: readonly AnswerWindow[],
  limit: number,
  badness: (window: AnswerWindow) => number,
): readonly string[] {
  return windows
    .filter((window) => badness(window) > limit)
    .toSorted((a, b) => badness(b) - badness(a) || (a.key < b.key ? -1 : 1))
    .map(({ key }) => key);
}
