/** SPIFFE ids: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` is who a pod is (SPIFFE-ID specification, section 2). */
import type { Parsed } from "./parsed.ts";

export interface SpiffeId {
  readonly id: string;
  readonly trustDomain: string;
  /** Of ids that are of a service account; undefined of others. */
  readonly namespace: string | undefined;
  readonly serviceAccount: string | undefined;
}

export const spiffeIdBytesMax = 2048;
export const trustDomainBytesMax = 255;
/** As Istio has it, too. */
export const trustDomainUnlessTold = "cluster.local";

const SCHEME = "spiffe://";

/** O(length), which is limited first. */
export function parseSpiffeId(id: string): Parsed<SpiffeId> {
  // Every character that is allowed is one byte.
  if (id.length > spiffeIdBytesMax) return rejected(`is longer than ${spiffeIdBytesMax} bytes`);
  if (!id.startsWith(SCHEME)) return rejected(`must begin with ${SCHEME}`);
  const [trustDomain = "", ...segments] = id.slice(SCHEME.length).split("/");
  const domainFault = trustDomainFault(trustDomain);
  if (domainFault !== undefined) return rejected(domainFault);
  if (!segments.every(isSegment))
    return rejected("must have a path of letters, digits, '.', '-' and '_' between slashes, without '.' and '..'");
  const [ns, namespace, sa, serviceAccount, ...more] = segments;
  const isOfAccount = ns === "ns" && sa === "sa" && serviceAccount !== undefined && more.length === 0;
  return {
    kind: "parsed",
    value: isOfAccount
      ? { id, trustDomain, namespace, serviceAccount }
      : { id, trustDomain, namespace: undefined, serviceAccount: undefined },
  };
}

/** Why a text is no trust domain; undefined where it is one. */
export function trustDomainFault(text: string): string | undefined {
  if (text.length === 0 || text.length > trustDomainBytesMax)
    return `must have a trust domain of 1 to ${trustDomainBytesMax} bytes`;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isLower(code) && !isDigitOrMark(code))
      return "must have a trust domain of lower-case letters, digits, '.', '-' and '_'";
  }
  return undefined;
}

/** The id of a service account's pods. */
export function spiffeIdOf(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `${SCHEME}${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

function isSegment(text: string): boolean {
  if (text === "" || text === "." || text === "..") return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isUpper = code >= 0x41 && code <= 0x5a;
    if (!isUpper && !isLower(code) && !isDigitOrMark(code)) return false;
  }
  return true;
}

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigitOrMark(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x5f;
}

function rejected(reason: string): Parsed<SpiffeId> {
  return { kind: "rejected", field: "", reason };
}
