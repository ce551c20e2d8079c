import { WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { createHttpSnapshotSource } from "./http-snapshot-source.ts";
import type { SnapshotSource } from "./snapshot-source.ts";
import { createFileSnapshotSource } from "./static-snapshot-source.ts";

export interface ConfiguredSourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly onReconnect: () => void;
}

/** The source of snapshots that the configuration names. @throws WeftError config-invalid unless it names exactly one */
export function configuredSource(config: ProxyConfig, deps: ConfiguredSourceDeps): SnapshotSource {
  const { controlUrl, snapshotFile, namespace, pod } = config;
  if (controlUrl !== undefined && snapshotFile !== undefined) {
    throw new WeftError("config-invalid", "snapshotFile: cannot be set together with controlUrl");
  }
  if (snapshotFile !== undefined) return createFileSnapshotSource(snapshotFile, deps.log);
  if (controlUrl === undefined) throw new WeftError("config-invalid", "controlUrl: is missing, and so is snapshotFile");
  return createHttpSnapshotSource({ ...config, ...deps, controlUrl, proxy: `${namespace}/${pod}` });
}
