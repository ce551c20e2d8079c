/** Snapshots as lines of JSON, apart in what all proxies share and what is one proxy's own. */
import type { MeshPeer } from "../core/model/mesh-snapshot.ts";
import type { SnapshotContent } from "./build-snapshot.ts";

/** Equal texts are equal snapshots: fields and lists have a fixed order. */
export interface SnapshotText {
  /** JSON of the peers: one string for all proxies. */
  readonly peers: string;
  /** JSON of the rest but the version. */
  readonly own: string;
}

export interface VersionedSnapshot {
  readonly version: number;
  readonly text: SnapshotText;
}

/** `peers` is written once for each change of the cluster, not once for each proxy. */
export function snapshotText({ peers: _, ...own }: SnapshotContent, peers: string): SnapshotText {
  return { peers, own: JSON.stringify(own) };
}

export function peersText(peers: readonly MeshPeer[]): string {
  return JSON.stringify(peers);
}

export function isSameText(a: SnapshotText, b: SnapshotText): boolean {
  return a.own === b.own && a.peers === b.peers;
}

export function snapshotLine({ version, text: { peers, own } }: VersionedSnapshot): string {
  return `{"version":${version},"peers":${peers},${own.slice(1)}\n`;
}

/** Grows with every call, across restarts and from replica to replica as far as their clocks agree; below 2^53 until 2255. */
export function nextVersion(previous: number, nowMs: number): number {
  return Math.max(previous + 1, Math.floor(nowMs) * 1000);
}
