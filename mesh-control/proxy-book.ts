/** What is known of each proxy: what it was sent, what it says it runs, what is wrong of its pod's wishes. */
import type { SnapshotReport } from "../core/model/mesh-snapshot.ts";
import { WeftError } from "../core/model/weft-error.ts";
import type { VersionedSnapshot } from "./snapshot-line.ts";
import type { SnapshotStream } from "./snapshot-stream.ts";

export interface ProxyRecord {
  readonly proxy: string;
  stream: SnapshotStream | undefined;
  /** The newest snapshot of its pod, sent or not. */
  newest: VersionedSnapshot | undefined;
  sentVersion: number | undefined;
  report: (SnapshotReport & { readonly atMs: number }) | undefined;
  /** Why there is no snapshot yet. */
  waitingReason: string | undefined;
  problems: readonly string[];
}

export interface ProxyBook {
  readonly records: Iterable<ProxyRecord>;
  find(proxy: string): ProxyRecord | undefined;
  /** @throws WeftError limit-reached when every record there may be is of a connected proxy. */
  open(proxy: string): ProxyRecord;
  /** Forgets proxies that are not connected, but for those that `isKept` speaks for. */
  forget(isKept: (proxy: string) => boolean): void;
}

export function createProxyBook(proxiesMax: number): ProxyBook {
  const records = new Map<string, ProxyRecord>();

  function makeRoom(): void {
    if (records.size < proxiesMax) return;
    const absent = [...records.values()].find(({ stream }) => !stream);
    if (!absent) throw new WeftError("limit-reached", `proxiesMax ${proxiesMax}: as many proxies are connected`);
    records.delete(absent.proxy);
  }

  return {
    records: { [Symbol.iterator]: () => records.values() },
    find: (proxy) => records.get(proxy),
    open: (proxy) => {
      const known = records.get(proxy);
      if (known) return known;
      makeRoom();
      const record = emptyRecord(proxy);
      records.set(proxy, record);
      return record;
    },
    forget: (isKept) => {
      for (const { proxy, stream } of records.values()) if (!stream && !isKept(proxy)) records.delete(proxy);
    },
  };
}

function emptyRecord(proxy: string): ProxyRecord {
  return {
    proxy,
    stream: undefined,
    newest: undefined,
    sentVersion: undefined,
    report: undefined,
    waitingReason: undefined,
    problems: [],
  };
}
