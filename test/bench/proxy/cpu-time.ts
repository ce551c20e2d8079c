/** CPU time of a process, user and system, with its threads. */
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which Linux fixes at 100 for everything that it shows in /proc. */
const ticksPerSecond = 100;

/** Milliseconds since the process started; in steps of 10. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name may hold spaces; fields are counted behind it: utime is the 12th, stime the 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** The same of the kernel's own workers, all of the machine's: what they do for a proxy is not on its account. */
export function kernelWorkersTimeMs(): number {
  let sumMs = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/comm`, "utf8").startsWith("kworker")) sumMs += cpuTimeMs(Number(entry));
    } catch {
      // One that has just ended.
    }
  }
  return sumMs;
}
