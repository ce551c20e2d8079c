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

/** A spec whose classifier has every key that goes together. */
export const everyKey = {
  classifier: {
    from: { matchLabels: { app: "amf" }, cidrs: ["10.45.0.0/16", "fd00::/8"] },
    to: { service: "udm", port: 80 },
    http: {
      hosts: ["udm.core", "*.5gc.mnc093.mcc208.3gppnetwork.org"],
      paths: [{ value: "/nudm-sdm/v2" }, { type: "Exact", value: "/nudm-uecm/v1" }],
      methods: ["GET"],
      headers: [{ name: "X-Slice", value: "1-000001" }],
      supis: [
        { value: "imsi-208930000000003" },
        { type: "Prefix", value: "nai-" },
        { type: "Range", start: "208930000000010", end: "208930000000019" },
      ],
      gpsis: [{ type: "Prefix", value: "msisdn-49" }],
    },
  },
} as const;
