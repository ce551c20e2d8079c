/** What the suite's global setup hands to its test files. */
import type { ControlPlaneConnection } from "./control-plane.ts";

export type ControlPlaneProvision =
  | { readonly kind: "available"; readonly connection: ControlPlaneConnection }
  | { readonly kind: "unavailable"; readonly reason: string };

declare module "vitest" {
  interface ProvidedContext {
    controlPlane: ControlPlaneProvision;
  }
}
