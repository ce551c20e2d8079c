/** Where a redirected client is told to go (Gateway API, HTTPRequestRedirectFilter). */
import { Buffer } from "node:buffer";
import type { RequestRedirect } from "../../core/model/request-rule.ts";
import {
  compileTargetChange,
  findTargetPath,
  replacedUpTo,
  replacementFor,
  type TargetChange,
  type TargetPath,
} from "./target-change.ts";

/** As it came, one character per byte. */
export interface RedirectedRequest {
  /** Path and query, or an absolute URI. */
  readonly target: string;
  /** Of `Host` or `:authority`; empty without one. */
  readonly authority: string;
}

export interface Redirection {
  readonly redirect: RequestRedirect;
  readonly path: TargetChange | undefined;
  /** Instead of an authority that is none. */
  readonly hostOtherwise: string;
}

export function compileRedirect(redirect: RequestRedirect, hostOtherwise: string): Redirection {
  return { redirect, path: redirect.path && compileTargetChange(redirect.path), hostOtherwise };
}

/** An absolute URI. Whatever the client sent, it can be no other line of the answer, nor name another host than the route does. */
export function redirectLocation({ redirect, path, hostOtherwise }: Redirection, request: RedirectedRequest): string {
  const target = Buffer.from(request.target, "latin1");
  const at: TargetPath = { authorityFrom: -1, from: -1, to: -1 };
  findTargetPath(target, 0, target.length, at);
  const asked = at.authorityFrom < 0 ? request.authority : target.toString("latin1", at.authorityFrom, at.from);
  const { host, port } = splitAuthority(asked, hostOtherwise);
  const scheme = redirect.scheme ?? "http";
  const wantedPort = redirect.port ?? (redirect.scheme === undefined ? port : undefined);
  const isUsual = wantedPort === undefined || wantedPort === (scheme === "https" ? 443 : 80);
  return `${scheme}://${redirect.host ?? host}${isUsual ? "" : `:${wantedPort}`}${pathAndQuery(target, at, path)}`;
}

function pathAndQuery(target: Buffer, { from, to }: TargetPath, change: TargetChange | undefined): string {
  if (from < 0) return change?.prefixBytes === -1 ? change.replacement.toString("latin1") : "/";
  if (change === undefined) return withPath(target.toString("latin1", from));
  const upTo = replacedUpTo(change, target, from, to);
  return withPath(replacementFor(change, upTo, to).toString("latin1") + target.toString("latin1", upTo));
}

function withPath(text: string): string {
  return text.startsWith("/") ? text : `/${text}`;
}

/** A name or an address, and maybe a port: anything else is not repeated. */
function splitAuthority(text: string, otherwise: string): { readonly host: string; readonly port: number | undefined } {
  const found =
    text.length > 300 ? null : /^([-._~0-9A-Za-z]{1,255}|\[[0-9A-Fa-f:.]{2,64}\])(?::([0-9]{1,5}))?$/.exec(text);
  const [, host = otherwise, port] = found ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}
