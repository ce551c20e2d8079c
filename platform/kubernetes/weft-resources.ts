/** Where the API server serves the group weft.dev. */
export const weftApiVersion = "weft.dev/v1alpha1";

export type WeftKind =
  | "serviceFunctions"
  | "serviceFunctionChains"
  | "serviceFunctionPaths"
  | "trafficProfiles"
  | "placementPlans"
  | "meshPolicies";

/** Of all namespaces. */
export const weftPaths: Readonly<Record<WeftKind, string>> = {
  serviceFunctions: `/apis/${weftApiVersion}/servicefunctions`,
  serviceFunctionChains: `/apis/${weftApiVersion}/servicefunctionchains`,
  serviceFunctionPaths: `/apis/${weftApiVersion}/servicefunctionpaths`,
  trafficProfiles: `/apis/${weftApiVersion}/trafficprofiles`,
  meshPolicies: `/apis/${weftApiVersion}/meshpolicies`,
  placementPlans: `/apis/${weftApiVersion}/placementplans`,
};

/** Of one namespace, or one object of it. */
export function weftPath(kind: WeftKind, namespace: string, name?: string): string {
  const collection = `/apis/${weftApiVersion}/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}
