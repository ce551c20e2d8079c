import type { MoveProposal } from "../../core/model/placement-plan.ts";

/** As a part of what all traffic cost when the plan was made: nobody knows what a byte times a cost is. */
export function gainText(gain: number, { costBefore }: MoveProposal): string {
  const percent = costBefore > 0 ? (100 * gain) / costBefore : 0;
  return `${percent.toFixed(1)} % of what traffic cost`;
}
