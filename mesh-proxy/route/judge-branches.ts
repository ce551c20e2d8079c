/** What the branches of a hop may not say. */
import { chainBranchesMax } from "../../core/model/chain.ts";
import type { ForwardingHop, HopBranch, UpstreamPath } from "../../core/model/mesh-snapshot.ts";
import type { AppProtocol } from "../../core/model/service.ts";
import { judgeKeys } from "./judge-matches.ts";
import { first, type Verdict } from "./judges.ts";

/** @param judgePath of a branch's path, which may enter at the destination */
export function judgeBranches(
  { branches = [], protocol }: ForwardingHop,
  field: string,
  judgePath: (path: UpstreamPath, field: string) => Verdict,
): Verdict {
  if (branches.length > chainBranchesMax)
    return { field, reason: `has ${branches.length} entries, at most ${chainBranchesMax} are accepted` };
  return first(
    branches,
    field,
    (branch, at) => judgeWhen(branch, protocol, at) ?? (branch.path && judgePath(branch.path, `${at}.path`)),
  );
}

/** A server name is not seen where a hop is chosen, and requests of HTTP/2 pass there by connection. */
function judgeWhen({ when }: HopBranch, protocol: AppProtocol, field: string): Verdict {
  if (when?.http !== undefined && protocol !== "http1")
    return { field: `${field}.when.http`, reason: `requests of ${protocol} are not seen behind a function` };
  if (when?.serverNames !== undefined)
    return { field: `${field}.when.serverNames`, reason: "is not known behind a function" };
  return when && judgeKeys({ when }, protocol, field);
}
