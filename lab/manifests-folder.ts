/** Where `weft lab` finds its cluster: the folder as it is named, but for the example, which comes with this package. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const exampleFolder = "examples/5g-core";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

export function manifestsFolder(named: string, workingFolder: string): string {
  const isThere = named !== exampleFolder || existsSync(path.resolve(workingFolder, named));
  return isThere ? named : path.resolve(packageFolder, named);
}
