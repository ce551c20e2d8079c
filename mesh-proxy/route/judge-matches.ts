/** What the matches of an upstream may not say. */
import { parseCidr } from "../../core/model/cidr.ts";
import type { Upstream, UpstreamMatch, UpstreamPath } from "../../core/model/mesh-snapshot.ts";
import { type AppProtocol, showsRequests } from "../../core/model/service.ts";
import { type TrafficMatch, upstreamMatchesMax } from "../../core/model/traffic-match.ts";
import { first, type Verdict } from "./judges.ts";

/** @param judgePath of a match's own path */
export function judgeMatches(
  { matches = [], protocol }: Upstream,
  field: string,
  judgePath: (path: UpstreamPath, field: string) => Verdict,
): Verdict {
  if (matches.length > upstreamMatchesMax)
    return { field, reason: `has ${matches.length} entries, at most ${upstreamMatchesMax} are accepted` };
  return first(matches, field, (match, at) => judgeKeys(match, protocol, at) ?? judgeTarget(match, at, judgePath));
}

/** A key that the protocol cannot show would be silently never. */
export function judgeKeys({ when }: { readonly when: TrafficMatch }, protocol: AppProtocol, field: string): Verdict {
  if (when.http !== undefined && !showsRequests(protocol))
    return { field: `${field}.when.http`, reason: `requests of an upstream that speaks ${protocol} are not seen` };
  if (when.serverNames !== undefined && protocol !== "tcp")
    return { field: `${field}.when.serverNames`, reason: `an upstream that speaks ${protocol} carries no TLS` };
  return first(when.sources ?? [], `${field}.when.sources`, (text, at) =>
    parseCidr(text) === undefined ? { field: at, reason: `"${text}" is no block of addresses` } : undefined,
  );
}

function judgeTarget(
  { path, isBlocked }: UpstreamMatch,
  field: string,
  judgePath: (path: UpstreamPath, field: string) => Verdict,
): Verdict {
  if (path === undefined) return undefined;
  if (isBlocked === true) return { field: `${field}.isBlocked`, reason: "excludes a path" };
  return judgePath(path, `${field}.path`);
}
