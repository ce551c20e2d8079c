/** A proxy's certificate, key and trust bundle, checked as a whole before any handshake uses them. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { SpiffeId } from "../../core/model/spiffe-id.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { certificateIdentity } from "./certificate-identity.ts";
import { SessionCache } from "./session-cache.ts";

/** PEM texts. */
export interface CredentialTexts {
  /** The proxy's own certificate, then those between it and the bundle's. */
  readonly certificate: string;
  readonly key: string;
  /** Certificates of the authorities that are trusted. */
  readonly bundle: string;
}

export interface Credentials {
  readonly identity: SpiffeId;
  readonly expiresAtMs: number;
  readonly accepting: SecureContext;
  readonly dialling: SecureContext;
  /** New credentials begin without sessions: the bundle may trust others. */
  readonly sessions: SessionCache;
}

export type LoadedCredentials =
  | { readonly kind: "loaded"; readonly credentials: Credentials }
  | { readonly kind: "rejected"; readonly reason: string };

/** Of proxies dialled. */
const SESSIONS_MAX = 1000;
/** A resumed session is not compared with the bundle, so it must not live long. */
const SESSION_SECONDS_MAX = 600;

export function loadCredentials(texts: CredentialTexts, nowMs: number): LoadedCredentials {
  try {
    return checked(texts, nowMs);
  } catch (error) {
    return rejected(messageOf(error));
  }
}

function checked(texts: CredentialTexts, nowMs: number): LoadedCredentials {
  const own = new X509Certificate(texts.certificate);
  const parsed = certificateIdentity(own);
  if (parsed.kind === "rejected") return rejected(`the certificate ${parsed.reason}`);
  if (!own.checkPrivateKey(createPrivateKey(texts.key))) return rejected("the key is not the certificate's");
  const expiresAtMs = own.validToDate.getTime();
  if (expiresAtMs <= nowMs) return rejected(`the certificate expired at ${own.validToDate.toISOString()}`);
  // An empty bundle would have Node trust the authorities of the Web.
  if (!texts.bundle.includes("-----BEGIN CERTIFICATE-----")) return rejected("the bundle has no certificate");
  new X509Certificate(texts.bundle);
  const options: SecureContextOptions = {
    cert: texts.certificate,
    key: texts.key,
    ca: texts.bundle,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
  };
  const accepting = createSecureContext({
    ...options,
    sessionIdContext: "weft",
    sessionTimeout: SESSION_SECONDS_MAX,
  });
  const dialling = createSecureContext(options);
  const sessions = new SessionCache(SESSIONS_MAX);
  return { kind: "loaded", credentials: { identity: parsed.value, expiresAtMs, accepting, dialling, sessions } };
}

function rejected(reason: string): LoadedCredentials {
  return { kind: "rejected", reason };
}
