/** Lines that are printed as they come, and written when everything ran. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

export const reportFolder = "docs/benchmarks";

export class BenchReport {
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

  /** @param name of the file, without its ending. */
  write(name: string, title: string, before: readonly string[], after: readonly string[] = []): void {
    mkdirSync(reportFolder, { recursive: true });
    const text = [`# ${title}`, "", ...before, "", ...this.#lines, ...after, ""];
    writeFileSync(path.join(reportFolder, `${name}.md`), text.join("\n"));
  }
}
