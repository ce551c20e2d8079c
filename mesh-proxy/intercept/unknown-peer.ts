import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";

/** What the metrics call whoever is outside the mesh. */
export const unknownPeer: MeshPeer = {
  pod: "unknown/unknown",
  address: "",
  workload: "unknown",
  node: "unknown",
  app: "unknown",
};
