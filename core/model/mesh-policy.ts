/** What a namespace's owner says of traffic to its pods: under which transport it comes, and who may do what. */
import type { AccessAction, AccessSource, AccessTarget, MtlsMode, PortMtls } from "./mesh-snapshot.ts";

export interface MeshPolicy {
  readonly namespace: string;
  readonly name: string;
  /** Labels that a pod must all have; empty is every pod of the namespace. */
  readonly selector: Readonly<Record<string, string>>;
  readonly mode: MtlsMode | undefined;
  readonly ports: readonly PortMtls[];
  readonly rules: readonly PolicyRule[];
}

export interface PolicyRule {
  readonly name: string;
  readonly action: AccessAction;
  readonly from: readonly AccessSource[];
  readonly to: readonly AccessTarget[];
}

/** Set to "enabled" on pods whose proxy has certificates, so that other proxies speak TLS to it. */
export const mtlsAnnotation = "weft.dev/mtls";
