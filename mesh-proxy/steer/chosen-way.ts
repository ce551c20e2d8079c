/** Where a function sends what it gives back, by its own word. */
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import type { BranchRoute, HopRoute } from "../route/route-table.ts";

export type ChosenWay =
  /** Without a branch it is on along the path. */
  | { readonly kind: "way"; readonly branch: BranchRoute | undefined }
  | { readonly kind: "none"; readonly reason: string };

/** @param servicePath with which the traffic arrived: to stay, the function counts its index down (RFC 8300, section 2.3) */
export function chosenWay(
  chosen: ServicePathHeader,
  { route, servicePath }: { readonly route: HopRoute; readonly servicePath: ServicePathHeader },
): ChosenWay {
  const { spi, serviceIndex } = chosen;
  if (spi === servicePath.spi && serviceIndex === servicePath.serviceIndex - 1)
    return { kind: "way", branch: undefined };
  const branch = route.branches.find(({ path }) => path?.path.spi === spi && path.path.serviceIndex === serviceIndex);
  if (branch !== undefined) return { kind: "way", branch };
  return { kind: "none", reason: `the function was not offered path ${spi} at index ${serviceIndex}` };
}
