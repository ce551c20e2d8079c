/**
 * Scores that have a plan's node win: 10 for it, and the normal ones pressed into 0 to 2 for the others, in their order. At
 * the recommended weight the lead is 400 points, more than kube-scheduler's own spreading, balance and free resources together
 * usually differ by, so that a group lands as planned; what a pod itself prefers can still outvote it.
 *
 * @param scores by place in the question, 0 to 10; undefined where there are none, which is 0 for all.
 * @param planned place of the planned node.
 */
export function plannedScores(scores: ArrayLike<number> | undefined, nodeCount: number, planned: number): Uint8Array {
  const pressed = new Uint8Array(nodeCount);
  for (let i = 0; i < nodeCount; i++) pressed[i] = Math.floor(((scores?.[i] ?? 0) * OTHERS_MAX) / SCORE_MAX);
  pressed[planned] = SCORE_MAX;
  return pressed;
}

const SCORE_MAX = 10;
const OTHERS_MAX = 2;
