/** A valid ServiceFunctionChain as a person writes it, with some of its spec replaced. */
import type { KubernetesObject } from "./kubernetes-object.ts";

export function chainManifest(spec: Readonly<Record<string, unknown>> = {}, name = "inspect"): KubernetesObject {
  return {
    apiVersion: "weft.dev/v1alpha1",
    kind: "ServiceFunctionChain",
    metadata: { namespace: "edge", name },
    spec: {
      classifier: { from: { matchLabels: { app: "upf" } }, to: { service: "dn", port: 8080 } },
      functions: ["firewall", "dpi"],
      ...spec,
    },
  };
}
