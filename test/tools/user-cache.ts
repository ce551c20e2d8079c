/** Where downloads and builds that outlive a test run are kept. */
import { homedir } from "node:os";
import { join } from "node:path";

/** `$XDG_CACHE_HOME/weft`, or `~/.cache/weft` where that variable is unset. */
export function userCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "weft");
}
