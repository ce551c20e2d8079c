/** Holds the snapshot in use: a new one takes its place whole or not at all. */
import type { MeshSnapshot, SnapshotReport } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { parseMeshSnapshot } from "../../platform/schema/mesh-snapshot-schema.ts";
import type { OwnMetrics } from "../meter/own-metrics.ts";
import type { Picking } from "../route/picking.ts";
import { compileRoutes, type RouteTable } from "../route/route-table.ts";
import type { SnapshotReceiver } from "./snapshot-source.ts";

export interface SnapshotKeeperOptions {
  /** `namespace/name` of the pod. */
  readonly proxy: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly own: OwnMetrics;
  readonly picking: Picking;
  /** A snapshot is in use. */
  readonly onChange: (table: RouteTable) => void;
}

/** As much as mesh-control takes. */
const REASON_LENGTH_MAX = 2000;

type Judged =
  | { readonly kind: "accepted"; readonly table: RouteTable; readonly snapshot: MeshSnapshot }
  | { readonly kind: "rejected"; readonly reason: string };

export class SnapshotKeeper implements SnapshotReceiver {
  table: RouteTable | undefined;
  /** What `table` was made of. */
  snapshot: MeshSnapshot | undefined;
  /** Why the newest snapshot is not the one in use. */
  lastRejection: string | undefined;

  private readonly options: SnapshotKeeperOptions;
  private confirmedAtMs = 0;

  constructor(options: SnapshotKeeperOptions) {
    this.options = options;
  }

  /** Since the snapshot in use was last known to be the newest. */
  get ageSeconds(): number | undefined {
    if (this.table === undefined) return undefined;
    return Math.max(0, this.options.clock.nowMs() - this.confirmedAtMs) / 1000;
  }

  confirm(): void {
    if (this.lastRejection === undefined) this.confirmedAtMs = this.options.clock.nowMs();
  }

  receive(input: unknown): SnapshotReport {
    const judged = this.judge(input);
    if (judged.kind === "rejected") return this.reject(input, judged.reason);
    this.table = judged.table;
    this.snapshot = judged.snapshot;
    this.lastRejection = undefined;
    this.confirm();
    this.options.own.acceptedSnapshotCount++;
    this.options.onChange(judged.table);
    return { ...this.reportBase(judged.table.version), verdict: "accepted" };
  }

  private judge(input: unknown): Judged {
    const parsed = parseMeshSnapshot(input);
    if (parsed.kind === "rejected") return rejected(parsed.field, parsed.reason);
    const { value } = parsed;
    const { proxy } = this.options;
    if (value.proxy !== proxy) return rejected("proxy", `"${value.proxy}" is not this proxy, which is "${proxy}"`);
    const running = this.table?.version ?? -1;
    if (value.version < running) return rejected("version", `${value.version} is older than ${running}, which runs`);
    const compiled = compileRoutes(value, this.options.picking);
    if (compiled.kind === "rejected") return rejected(compiled.field, compiled.reason);
    return { kind: "accepted", table: compiled.table, snapshot: value };
  }

  private reject(input: unknown, reason: string): SnapshotReport {
    this.lastRejection = reason.slice(0, REASON_LENGTH_MAX);
    this.options.own.rejectedSnapshotCount++;
    this.options.log.warn("snapshot rejected; the last good one stays", { code: "snapshot-rejected", reason });
    return { ...this.reportBase(versionOf(input)), verdict: "rejected", reason: this.lastRejection };
  }

  private reportBase(version: number) {
    return { proxy: this.options.proxy, version, runningVersion: this.table?.version ?? 0 };
  }
}

function rejected(field: string, reason: string): Judged {
  return { kind: "rejected", reason: field === "" ? reason : `${field}: ${reason}` };
}

/** As far as what came has one; 0 else. */
function versionOf(input: unknown): number {
  const version = (input as { version?: unknown } | null | undefined)?.version;
  return Number.isSafeInteger(version) && (version as number) >= 0 ? (version as number) : 0;
}
