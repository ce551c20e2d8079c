/** What every PFCP node has: a port and the time it came up. */

export const pfcpPort = 8805;

/** PFCP counts seconds from 1900, as NTP does (RFC 5905). */
const secondsFrom1900To1970 = 2_208_988_800;

export function recoveryTimeStamp(nowMs: number): number {
  return (Math.floor(nowMs / 1000) + secondsFrom1900To1970) % 2 ** 32;
}
