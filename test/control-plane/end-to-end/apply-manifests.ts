import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { ControlPlaneConnection } from "../control-plane.ts";
import { kubectl } from "../install-crds.ts";
import type { Manifest } from "./example-objects.ts";

/** Server-side apply by kubectl, with strict validation, as a user would. */
export async function applyManifests(
  connection: ControlPlaneConnection,
  namespace: string,
  manifests: readonly Manifest[],
): Promise<void> {
  const file = path.join(connection.paths.folder, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }));
  await kubectl(connection, ["apply", "--server-side", "--validate=strict", "-n", namespace, "-f", file]);
}
