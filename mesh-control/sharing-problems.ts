import { byteRateText } from "../core/model/byte-rate-text.ts";
import { type Service, serviceKey } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";

/** Why the Service's load is not shared, or what of the pod's site finds room nowhere near enough. */
export function sharingProblems(index: MeshIndex, pod: MeshPod, service: Service): readonly string[] {
  const { sharing } = service;
  if (!sharing) return [];
  const name = `Service ${serviceKey(service)}`;
  if (sharing.kind === "rejected") return [`${name} is not shared: ${sharing.field} ${sharing.reason}`];
  const sites = index.sites.of(service);
  if (!sites) return [];
  const { refusal, shared } = sites.plan;
  if (refusal !== undefined) return [`${name} is not shared: ${refusal}`];
  const left = shared.left.filter(({ site }) => site === sites.siteOf(pod.node));
  const within = `within ${sharing.value.oneWayMsMax} ms`;
  return left.map(({ site, amount }) => `${name}: ${byteRateText(amount)} of ${site} find no room ${within} and stay`);
}
