/** Looks programs up as a shell would, and in the system folders that a user's PATH often leaves out. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The absolute path of `program`, or undefined when no folder holds an executable of that name. */
export function findProgram(program: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return foldersOf(environment)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/** For programs that find others as a shell would: what is found here, they find, too. */
export function wholePath(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, PATH: foldersOf(environment).join(delimiter) };
}

function foldersOf(environment: NodeJS.ProcessEnv): readonly string[] {
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder.length > 0);
  return [...folders, ...systemFolders];
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
