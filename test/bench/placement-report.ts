/** Lines that are printed as they come, and written when everything ran. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { CurvePoint } from "../../scheduler/plan/plan-answer.ts";
import { movesPicture } from "./placement-picture.ts";

const FOLDER = "docs/benchmarks";

export class PlacementReport {
  readonly #lines: string[] = [];

  heading(title: string, columns: readonly string[]): void {
    this.say(`\n## ${title}\n`);
    this.row(...columns);
    this.row(...columns.map(() => "---"));
  }

  row(...cells: readonly string[]): void {
    this.say(`| ${cells.join(" | ")} |`);
  }

  say(line: string): void {
    console.log(line);
    this.#lines.push(line);
  }

  write(curve: readonly CurvePoint[]): void {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/placement-moves.svg`, movesPicture(curve));
    const picture = "![Gained affinity against moves allowed](placement-moves.svg)";
    const text = ["# Placement", "", "By `npm run bench:placement`.", "", ...this.#lines, "", picture, ""];
    writeFileSync(`${FOLDER}/placement.md`, text.join("\n"));
  }
}
