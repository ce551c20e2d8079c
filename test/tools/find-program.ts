/** Looks programs up as a shell would, and in the system folders that a user's PATH often leaves out. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The absolute path of `program`, or undefined when no folder holds an executable of that name. */
export function findProgram(program: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder.length > 0);
  return [...folders, ...systemFolders].map((folder) => join(folder, program)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
