/** The manifests of `examples/5g-core`, as the lab and the docs read them, object by object. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";

/** A Kubernetes object as a user writes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly spec?: unknown;
}

const folder = path.join(import.meta.dirname, "../../../examples/5g-core");

/** What the examples say of these names, whatever their kind; throws for a name that they do not have. */
export function exampleObjects(...names: readonly string[]): readonly Manifest[] {
  const all = globSync(path.join(folder, "*.yaml")).flatMap(objectsIn);
  return names.flatMap((name) => {
    const found = all.filter(({ metadata }) => metadata.name === name);
    if (found.length === 0) throw new Error(`examples/5g-core has no object ${name}`);
    return found;
  });
}

export interface DeploymentChanges {
  readonly replicas?: number;
  /** Where the pods must go; anywhere unless told. */
  readonly node?: string;
  /** Another name, and another `app` label. */
  readonly name?: string;
}

/** The example's Deployment, changed where told. */
export function exampleDeployment(example: string, changes: DeploymentChanges = {}): Manifest {
  const found = exampleObjects(example).find(({ kind }) => kind === "Deployment");
  if (found === undefined) throw new Error(`examples/5g-core has no Deployment ${example}`);
  const { replicas = 1, node, name = example } = changes;
  const { spec } = found as unknown as { readonly spec: DeploymentSpec };
  const { metadata, spec: podSpec } = spec.template;
  const labels = { ...metadata.labels, app: name };
  const nodeSelector = node === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": node } };
  return {
    ...found,
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { ...metadata, labels }, spec: { ...podSpec, ...nodeSelector } },
    },
  };
}

export function exampleService(name: string): Manifest {
  const found = exampleObjects(name).find(({ kind }) => kind === "Service");
  if (found === undefined) throw new Error(`examples/5g-core has no Service ${name}`);
  return found;
}

interface DeploymentSpec {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: Readonly<Record<string, unknown>>;
  };
}

function objectsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
}
