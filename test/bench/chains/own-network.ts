/**
 * The benchmark runs in a network namespace of its own: its addresses are nobody else's, and links of it can be cut. Where the
 * machine does not allow that, it runs without, and without what needs it.
 */
import { spawnSync } from "node:child_process";

const mark = "WEFT_BENCH_NETWORK";

export interface OwnNetwork {
  /** Why links cannot be cut; undefined where they can. */
  readonly reason: string | undefined;
}

/** Starts this very program again, in the namespace, and ends with it; there it returns. */
export function enterOwnNetwork(): OwnNetwork {
  const known = process.env[mark];
  if (known !== undefined) return { reason: known === "own" ? undefined : known };
  const script = 'ip link set lo up && ip link add weft-try type bridge && ip link delete weft-try && exec "$@"';
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const unshare = (...command: string[]) => ["--net", ...asRoot, "sh", "-c", script, "sh", ...command];
  const tried = spawnSync("unshare", unshare("true"), { encoding: "utf8" });
  if (tried.status !== 0) return { reason: `unshare: ${(tried.stderr ?? String(tried.error)).trim()}` };
  const environment = { ...process.env, [mark]: "own" };
  const { status } = spawnSync("unshare", unshare(process.execPath, ...process.argv.slice(1)), { stdio: "inherit", env: environment }); // biome-ignore format: short
  process.exit(status ?? 1);
}
