const units = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"] as const;

/** Bytes per second as people read them, in decimal units and two or three digits: `1.2 MB/s`, `850 B/s`. */
export function byteRateText(bytesPerSecond: number): string {
  let [value, unit] = [bytesPerSecond, 0];
  // 999.5 would be written as 1000 of its unit.
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Math.abs(value) < 9.95 ? Number(value.toFixed(1)) : Math.round(value)} ${units[unit]}`;
}
