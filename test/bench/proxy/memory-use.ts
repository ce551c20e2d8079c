/** Memory of a process that is in use. */
import { readFileSync } from "node:fs";

/** Resident set size, MB. */
export function residentMb(pid: number): number {
  return statusKb(pid, "VmRSS") / 1024;
}

function statusKb(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN);
}

/** Files that a process of this user may have open. */
export function openFilesMax(): number {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return Number(line?.[1] ?? Number.NaN);
}
