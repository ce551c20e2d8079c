/** Where the API server serves the Gateway API, which clusters have as custom resources, or not. */

export type GatewayKind = "httpRoutes" | "grpcRoutes";

const gatewayApiVersion = "gateway.networking.k8s.io/v1";

/** Of all namespaces, or one object's. */
export function gatewayPath(kind: GatewayKind, of?: { readonly namespace: string; readonly name: string }): string {
  const base = `/apis/${gatewayApiVersion}`;
  if (of === undefined) return `${base}/${kind.toLowerCase()}`;
  return `${base}/namespaces/${encodeURIComponent(of.namespace)}/${kind.toLowerCase()}/${encodeURIComponent(of.name)}`;
}
