/** The credentials in use: read at the start, and again whenever their files change. Bad ones change nothing. */
import { readFileSync, statSync } from "node:fs";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { type Credentials, type CredentialTexts, loadCredentials } from "./load-credentials.ts";

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly trustBundleFile: string;
}

export interface CertificateKeeper {
  /** Undefined for a proxy that has no certificates, which speaks plaintext only. */
  readonly current: Credentials | undefined;
  /** Reads the files now. */
  check(): void;
  stop(): void;
}

export interface CertificateKeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly onReload: (verdict: "accepted" | "rejected") => void;
}

const FILE_BYTES_MAX = 1_048_576;

/** @throws WeftError config-invalid when the files are named and cannot be used at the start */
export function createCertificateKeeper(config: ProxyConfig, deps: CertificateKeeperDeps): CertificateKeeper {
  const files = certificateFilesOf(config);
  if (files === undefined) return { current: undefined, check() {}, stop() {} };
  return new FileKeeper(files, config.certificatePollMs, deps);
}

/** @throws WeftError config-invalid when some of the files are named and others are not */
export function certificateFilesOf(config: Pick<ProxyConfig, keyof CertificateFiles>): CertificateFiles | undefined {
  const { certificateFile, keyFile, trustBundleFile } = config;
  if (certificateFile === undefined && keyFile === undefined && trustBundleFile === undefined) return undefined;
  if (certificateFile !== undefined && keyFile !== undefined && trustBundleFile !== undefined)
    return { certificateFile, keyFile, trustBundleFile };
  throw new WeftError("config-invalid", "certificateFile, keyFile and trustBundleFile: each needs the other two");
}

class FileKeeper implements CertificateKeeper {
  current: Credentials;

  private readonly files: CertificateFiles;
  private readonly deps: CertificateKeeperDeps;
  private readonly cancel: () => void;
  private seen: CredentialTexts;

  constructor(files: CertificateFiles, pollMs: number, deps: CertificateKeeperDeps) {
    this.files = files;
    this.deps = deps;
    const read = this.read();
    if (typeof read === "string") throw new WeftError("config-invalid", read);
    const loaded = loadCredentials(read, deps.clock.nowMs());
    if (loaded.kind === "rejected") throw new WeftError("config-invalid", `${files.certificateFile}: ${loaded.reason}`);
    this.seen = read;
    this.current = loaded.credentials;
    this.cancel = deps.clock.every(pollMs, () => this.check());
  }

  check(): void {
    const { log, clock, onReload } = this.deps;
    const read = this.read();
    if (typeof read !== "string" && isSame(read, this.seen)) return;
    if (typeof read !== "string") this.seen = read;
    const loaded =
      typeof read === "string" ? { kind: "rejected" as const, reason: read } : loadCredentials(read, clock.nowMs());
    if (loaded.kind === "rejected") {
      log.warn("new certificates cannot be used; the last good ones stay", { reason: loaded.reason });
      onReload("rejected");
      return;
    }
    this.current = loaded.credentials;
    const { identity, expiresAtMs } = loaded.credentials;
    log.info("certificates are renewed", { identity: identity.id, expiresAt: new Date(expiresAtMs).toISOString() });
    onReload("accepted");
  }

  stop(): void {
    this.cancel();
  }

  /** @returns the texts, or why they cannot be read. Small files, seldom: a reader that waits would only be longer. */
  private read(): CredentialTexts | string {
    const { certificateFile, keyFile, trustBundleFile } = this.files;
    try {
      return { certificate: textOf(certificateFile), key: textOf(keyFile), bundle: textOf(trustBundleFile) };
    } catch (error) {
      return messageOf(error);
    }
  }
}

function textOf(path: string): string {
  if (statSync(path).size > FILE_BYTES_MAX) throw new Error(`${path} is longer than ${FILE_BYTES_MAX} bytes`);
  return readFileSync(path, "utf8");
}

function isSame(a: CredentialTexts, b: CredentialTexts): boolean {
  return a.certificate === b.certificate && a.key === b.key && a.bundle === b.bundle;
}
