import { writeFileSync } from "node:fs";
import type { CurvePoint } from "../../scheduler/plan/plan-answer.ts";
import { BenchReport, reportFolder } from "./bench-report.ts";
import { movesPicture } from "./placement-picture.ts";

export class PlacementReport extends BenchReport {
  writeWith(curve: readonly CurvePoint[]): void {
    const picture = "![Gained affinity against moves allowed](placement-moves.svg)";
    this.write("placement", "Placement", ["By `npm run bench:placement`."], ["", picture]);
    writeFileSync(`${reportFolder}/placement-moves.svg`, movesPicture(curve));
  }
}
