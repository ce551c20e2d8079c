/** A temporary folder for the objects that a suite hands to kubectl, and what kustomize builds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import type { ControlPlaneConnection } from "./control-plane.ts";
import { kubectl } from "./install-crds.ts";

/** A built object; `spec` is that of a Deployment. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly spec: { readonly template: { readonly metadata: { readonly labels: object }; readonly spec: object } };
}

export interface ManifestFolder {
  readonly path: string;
  /** Writes JSON, which is YAML too; the answer is the file's path. */
  write(name: string, content: unknown): string;
  remove(): void;
}

export function openManifestFolder(): ManifestFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "weft-manifests-"));
  return {
    path: folder,
    write: (name, content) => {
      const file = path.join(folder, name);
      writeFileSync(file, JSON.stringify(content));
      return file;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Everything that `kubectl apply -k` would apply. */
export async function kustomized(
  connection: ControlPlaneConnection,
  kustomization: string,
): Promise<readonly Manifest[]> {
  const text = await kubectl(connection, ["kustomize", kustomization]);
  return parseAllDocuments(text).map((document) => document.toJS());
}

export function listOf(items: readonly object[]): object {
  return { apiVersion: "v1", kind: "List", items };
}
