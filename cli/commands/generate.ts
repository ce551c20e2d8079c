import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";

export function addCommand(program: Command): void {
  program
    .command("generate")
    .description("write the files of this repository that are generated: CRDs, configuration tables")
    .action(async () => {
      const { generatedFiles } = await import("../generated-files.ts");
      for (const file of generatedFiles()) {
        mkdirSync(path.dirname(file.path), { recursive: true });
        writeFileSync(file.path, file.text);
        process.stdout.write(`${file.path}\n`);
      }
    });
}
