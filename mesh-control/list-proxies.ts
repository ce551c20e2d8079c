/** The answer to `GET /v1/proxies`. */
import type { SnapshotReport } from "../core/model/mesh-snapshot.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { ProxyBook, ProxyRecord } from "./proxy-book.ts";

export interface ProxyStatus {
  /** `namespace/name` of its pod. */
  readonly proxy: string;
  /** Of its pod; undefined while that is none of the mesh. */
  readonly address?: string | undefined;
  readonly isConnected: boolean;
  /** Why it has been sent nothing yet. */
  readonly waitingReason?: string | undefined;
  /** The newest that it was sent. */
  readonly sentVersion?: number | undefined;
  /** What it says it runs. */
  readonly runningVersion?: number | undefined;
  /** Set while its last report is a rejection. */
  readonly rejectedReason?: string | undefined;
  readonly lastReport?: (SnapshotReport & { readonly atMs: number }) | undefined;
  /** What of the pod's annotation or chains was left out, and why. */
  readonly problems: readonly string[];
}

/** Every pod of the mesh, connected or not, and every other proxy that has called; by name. */
export function listProxies(book: ProxyBook, index: MeshIndex | undefined): readonly ProxyStatus[] {
  const statuses = [...book.records].map(statusOf);
  const known = new Set(statuses.map(({ proxy }) => proxy));
  const silent = [...(index?.meshPods.keys() ?? [])].filter((proxy) => !known.has(proxy));
  const absent = silent.map((proxy) => ({ proxy, isConnected: false, problems: [] }));
  return [...statuses, ...absent]
    .map((status) => ({ address: index?.meshPods.get(status.proxy)?.address, ...status }))
    .sort((a, b) => (a.proxy < b.proxy ? -1 : 1));
}

function statusOf({ proxy, stream, waitingReason, sentVersion, report, problems }: ProxyRecord): ProxyStatus {
  const rejectedReason = report?.verdict === "rejected" ? (report.reason ?? "no reason given") : undefined;
  return {
    proxy,
    isConnected: stream !== undefined,
    waitingReason,
    sentVersion,
    runningVersion: report?.runningVersion,
    rejectedReason,
    lastReport: report,
    problems,
  };
}
