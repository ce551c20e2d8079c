/** CPU time of a process, user and system, with its threads. */
import { readFileSync } from "node:fs";

/** USER_HZ, which Linux fixes at 100 for everything that it shows in /proc. */
const ticksPerSecond = 100;

/** Milliseconds since the process started; in steps of 10. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name may hold spaces; fields are counted behind it: utime is the 12th, stime the 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
